"""Silences: alerts that somebody has asked not to hear of, for a while.

Source: Alertmanager, silence/silence.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.alerting.promql import Labels
from harness.alerting.promql.matchers import Matcher
from harness.alerting.routing import written_matchers
from harness.errors import ScenarioError


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence.

    Raises:
        ScenarioError: when it ends before it begins, or would silence every alert there is.
    """

    matchers: tuple[Matcher, ...]
    """What the alerts that are silenced are labelled with."""
    starts: float
    """From when on, in seconds of the clock that silences go by."""
    ends: float
    """Until when; the alert is heard again at this instant."""
    by: str = ""
    """Who asked for it."""
    comment: str = ""
    """Why."""

    def __post_init__(self) -> None:
        if self.ends < self.starts:
            message = f"the silence {written_matchers(self.matchers)} ends before it begins. Give it a length."
            raise ScenarioError(message)
        if all(matcher.accepts(Labels()) for matcher in self.matchers):
            message = (
                f"the silence {written_matchers(self.matchers)} fits alerts without any label, so it would silence "
                "everything. Add a matcher that a label must be there for."
            )
            raise ScenarioError(message)

    def mutes(self, labels: Labels, *, now: float) -> bool:
        """Say whether it silences an alert now."""
        return self.starts <= now < self.ends and all(matcher.accepts(labels) for matcher in self.matchers)


class Silences:
    """Every silence, by the name it was given when it was added.

    Args:
        clock: reads the clock that silences go by at a steady instant; it is steady time itself where nothing is said.
    """

    def __init__(self, *, clock: Callable[[float], float] = float) -> None:
        self.clock = clock
        """Reads that clock."""
        self._silences: dict[str, Silence] = {}

    def add(self, silence: Silence) -> str:
        """Add a silence, and give its name."""
        name = f"silence {len(self._silences) + 1}"
        self._silences[name] = silence
        return name

    def active(self, now: float) -> dict[str, Silence]:
        """Give the silences that hold now, by name."""
        at = self.clock(now)
        return {name: each for name, each in self._silences.items() if each.starts <= at < each.ends}

    def mutes(self, labels: Labels, *, now: float) -> bool:
        """Say whether any of them silences an alert now."""
        return any(silence.mutes(labels, now=self.clock(now)) for silence in self._silences.values())
