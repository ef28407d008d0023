"""How made-up series go on: the shapes that they take, and a feed that pushes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from harness.alerting.logql import LoggedSeries
from harness.alerting.promql import Labels
from harness.alerting.provocation.lines import NUMBER
from harness.telemetry.pushes import LogLine


@dataclass(frozen=True, slots=True)
class Shape:
    """How the series of a selector go on."""

    level: float | None = None
    """The value they stand at."""
    rise: float = 0.0
    """What is added to them in a second, where they have no level."""
    above: float = -math.inf
    """The bucket bounds that rise are those above this."""
    swings: bool = False
    """Whether they go to their level and back to 0, sample by sample."""
    tells_time: bool = False
    """Whether their value is the time at which they are sampled."""
    is_silent: bool = False
    """Whether there are no samples at all."""
    lines: int | None = None
    """For log lines: how many of them come at a time; their number is `level`, where they hold one."""

    def __str__(self) -> str:
        if self.is_silent:
            return "not there"
        if self.lines is not None:
            number = "" if self.level is None else f" with {self.level:g} in it"
            return f"{self.lines} at a time{number}" if self.lines else "not a line"
        if self.tells_time:
            return "the present time"
        if self.level is None:
            slow = f", slower than {self.above:g}" if self.above > -math.inf else ""
            return f"rising by {self.rise:g} a second{slow}" if self.rise else "not rising"
        return f"swinging between 0 and {self.level:g}" if self.swings else f"at {self.level:g}"

    def follows(self, previous: float, *, seconds: float, at: float, bound: float) -> float:
        """Give the next value of a series.

        Args:
            previous: its last.
            seconds: how long ago that was.
            at: the time.
            bound: its bucket's upper bound; infinite for a series that is no bucket.
        """
        if self.tells_time:
            return at
        if self.level is None:
            return previous + self.rise * seconds if bound > self.above else previous
        return 0.0 if self.swings and previous else self.level


@dataclass(frozen=True, slots=True)
class Target:
    """A selector, and the series that are pushed for it."""

    name: str
    """The selector, for people."""
    series: tuple[Labels, ...]
    """The series."""
    shapes: tuple[Shape, ...]
    """How they may go on, the most promising first."""
    line: str = ""
    """For log lines: what each of them says; the series are their streams."""


Plan = Mapping[Target, Shape]
"""How each target goes on."""


class Feed:
    """Pushes samples and log lines into a store by a plan, which may change.

    Args:
        store: where they go.
    """

    def __init__(self, store: LoggedSeries) -> None:
        self._store = store
        self._values: dict[Labels, float] = {}

    def push(self, plan: Plan, *, at: float, seconds: float) -> None:
        """Push one sample for each series.

        Args:
            plan: how they go on.
            at: steady seconds.
            seconds: how long after the last push this is.
        """
        for target, shape in plan.items():
            if shape.is_silent:
                continue
            if shape.lines is not None:
                self._write(target, shape, at=at)
                continue
            for labels in target.series:
                previous = self._values.get(labels, 0.0)
                bound = float(labels.value("le").replace("+Inf", "inf") or "inf")
                self._values[labels] = shape.follows(previous, seconds=seconds, at=at, bound=bound)
                self._store.append(labels, at, self._values[labels])

    def _write(self, target: Target, shape: Shape, *, at: float) -> None:
        text = target.line if shape.level is None else target.line.replace(NUMBER, f"{shape.level:g}")
        for labels in target.series:
            for _ in range(shape.lines or 0):
                self._store.logs.append(LogLine(dict(labels), at, text))
