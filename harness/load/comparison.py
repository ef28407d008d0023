"""How far this machine's clock goes ahead of another's, worked out from questions and answers (NTP's way).

A question leaves, the other machine writes its time on it, and it comes back. If both ways took equally long, the
other clock was read in the middle; however unequal they were, that is wrong by half of the round trip at most. So the
quickest of several says most, and the uncertainty is known.

Rules of this file: no clock is read here but the one given; corrected time never goes back, and never goes faster or
slower than ours by more than SLEW, so that a request never ends before it began.

Source: RFC 5905, section 8, with one reading of the other clock for each question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.errors import HarnessError

DRIFT = 1e-4
"""Seconds by which two clocks of quartz may drift apart in a second, at the very most."""

SLEW = 1e-3
"""Seconds in a second by which a correction moves: faster than clocks drift apart, too slow to be seen in a latency."""

LEAP_SECONDS = 0.5
"""A difference between two comparisons, beyond their uncertainty, that no drift explains: a clock was stopped."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer."""

    sent: float
    """Our clock, when the question left."""
    theirs: float
    """Their clock, when they answered."""
    received: float
    """Our clock, when the answer was here."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What several exchanges come to."""

    made: float
    """Our clock, then."""
    ahead_seconds: float
    """How far our clock goes ahead of theirs; below zero when it is behind."""
    uncertainty_seconds: float
    """By how much that may be wrong, either way."""

    @classmethod
    def of(cls, exchanges: Sequence[Exchange]) -> Comparison:
        """Believe the exchange that was quickest."""
        best = min(exchanges, key=lambda each: each.received - each.sent)
        middle = (best.sent + best.received) / 2
        return cls(best.received, middle - best.theirs, (best.received - best.sent) / 2)

    def aged(self, now: float) -> Comparison:
        """Give what it is still worth later on."""
        return Comparison(self.made, self.ahead_seconds, self.uncertainty_seconds + DRIFT * max(0.0, now - self.made))


class TheirTime:
    """The other machine's clock, as it is read on this one.

    Args:
        own: our clock, in seconds; it never leaps.
        first: how far it goes ahead of theirs.
    """

    def __init__(self, own: Callable[[], float], first: Comparison) -> None:
        self.own = own
        """Our clock."""
        self._best = first
        self._since = own()
        self._ahead = first.ahead_seconds

    def now(self) -> float:
        """Read their clock."""
        own = self.own()
        return own - self._applied(own)

    def take(self, later: Comparison) -> Comparison:
        """Go by another comparison, if it says more than the last one still does.

        Returns: what is believed from now on; its uncertainty includes what has not been corrected yet.

        Raises:
            HarnessError: when the two contradict each other.
        """
        own = self.own()
        before = self._best.aged(own)
        apart = abs(later.ahead_seconds - before.ahead_seconds)
        if apart > LEAP_SECONDS + later.uncertainty_seconds + before.uncertainty_seconds:
            message = f"its clock and the run's moved apart by {apart:.3f} s at once: one of them was stopped or set"
            raise HarnessError(message)
        self._ahead, self._since = self._applied(own), own
        if later.uncertainty_seconds <= before.uncertainty_seconds:
            self._best = later
        return self.believed

    @property
    def believed(self) -> Comparison:
        """How far our clock is held to be ahead, right now."""
        own = self.own()
        applied, best = self._applied(own), self._best.aged(own)
        return Comparison(own, applied, best.uncertainty_seconds + abs(applied - best.ahead_seconds))

    def _applied(self, own: float) -> float:
        missing = self._best.ahead_seconds - self._ahead
        most = SLEW * (own - self._since)
        return self._ahead + max(-most, min(most, missing))
