"""Two sets of rules over the same plays, for whoever asks whether a change would have caught it sooner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.durations import spoken
from harness.scorecard.replay import Outcome
from harness.scorecard.scores import Scorecard


@dataclass(frozen=True, slots=True)
class Difference:
    """How one trial that matters was noticed, before and after."""

    trial: str
    before_seconds: float | None
    """Until the first alert under the rules there are; None when none came."""
    after_seconds: float | None
    """Until the first alert under the others."""

    def __str__(self) -> str:
        if self.before_seconds is None:
            assert self.after_seconds is not None
            return f"{self.trial}: noticed after {spoken(self.after_seconds)}; it was not noticed at all"
        if self.after_seconds is None:
            return f"{self.trial}: not noticed any more; it was after {spoken(self.before_seconds)}"
        word = "sooner" if self.after_seconds < self.before_seconds else "later"
        apart = spoken(abs(self.after_seconds - self.before_seconds))
        return f"{self.trial}: {apart} {word}, after {spoken(self.after_seconds)}"


def differences(before: Scorecard, after: Scorecard) -> Iterator[Difference]:
    """Give each trial that the two notice at another time, or only one of them does."""
    others = {one.play.trial.name: _first(one) for one in after.singles}
    for one in before.singles:
        seconds, other = _first(one), others[one.play.trial.name]
        if one.play.matters and seconds != other:
            yield Difference(one.play.trial.name, seconds, other)


def against_words(before: Scorecard, after: Scorecard) -> Iterator[str]:
    """Say how the second set of rules differs from the first."""
    found = list(differences(before, after))
    yield from map(str, found)
    if not found:
        yield "both notice the same faults, equally soon"
    for trial in sorted(before.not_quiet.keys() | after.not_quiet.keys()):
        was, becomes = set(before.not_quiet.get(trial, ())), set(after.not_quiet.get(trial, ()))
        if becomes - was:
            yield f"{trial}: must stay quiet, and now rings {', '.join(sorted(becomes - was))}"
        if was - becomes:
            yield f"{trial}: stays quiet of {', '.join(sorted(was - becomes))}"


def _first(outcome: Outcome) -> float | None:
    return min(outcome.detected_by().values(), default=None)
