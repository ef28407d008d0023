"""Grafana's classic conditions: several judgements, joined by "and" and "or" into one verdict without labels.

Rules of this file:

- A condition is breached when any of its series is, and has no data when none of its series has a value.
- "And" and "or" are taken as they come, from the left to the right; neither binds tighter.
- What is said of breaches is said of missing data by the same words: A or B has no data when one of them has none.
- No data goes before a breach.
- NaN and null are left out of a series before it is reduced; a number is judged as it is.

Source: Grafana, pkg/expr/classic, classic.go, evaluator.go and reduce.go.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from harness.alerting.comparisons import Comparison, holds, written
from harness.alerting.frames import Frame, Frames, Number
from harness.alerting.promql import Labels
from harness.alerting.promql.arithmetic import divide

ClassicReducer = Literal[
    "avg", "sum", "min", "max", "count", "last", "median",
    "diff", "diff_abs", "percent_diff", "percent_diff_abs", "count_non_null",
]  # fmt: skip
CLASSIC_REDUCERS: Mapping[str, ClassicReducer] = {word: word for word in get_args(ClassicReducer)}
"""Every reducer, by its own name."""


@dataclass(frozen=True, slots=True)
class ClassicCondition:
    """One judgement of all series of a query or step."""

    source: str
    """The name of the query or step it reads."""
    reducer: ClassicReducer
    """How the points of a series come down to one number."""
    comparison: Comparison | None
    """Which side is the wrong one; None where it is wrong that there is no value."""
    bounds: tuple[float, ...] = ()
    """One number, or the two ends of an interval, the lower first."""
    joined_by: Literal["and", "or"] = "and"
    """How it is joined to what stands before it; the first is joined to nothing."""

    def __str__(self) -> str:
        what = f"{self.reducer}({self.source})"
        return written(what, self.comparison, self.bounds) if self.comparison else f"{what} has no value"

    def judge(self, frames: Sequence[Frame]) -> tuple[bool, bool]:
        """Say whether it is breached, and whether it has no data."""
        values = [self._value(frame) for frame in frames]
        if not values and self.comparison is None:
            return True, False
        breaches = [self._is_breach(value) for value in values]
        unseen = sum(value is None and not breach for value, breach in zip(values, breaches, strict=True))
        return any(breaches), unseen == len(values)

    def matches(self, frames: Sequence[Frame]) -> list[Number]:
        """Give the series that are breached, each with what it came down to."""
        seen = [Number(frame.labels, self._value(frame)) for frame in frames]
        return [number for number in seen if self._is_breach(number.value)]

    def _is_breach(self, value: float | None) -> bool:
        if self.comparison is None:
            return value is None
        return value is not None and holds(value, self.comparison, self.bounds)

    def _value(self, frame: Frame) -> float | None:
        if isinstance(frame, Number):
            return frame.value
        if self.reducer == "count":
            return float(len(frame.points)) if frame.points else None
        points = enumerate(value for _, value in frame.points)
        known = [(at, value) for at, value in points if value is not None and not math.isnan(value)]
        if not known:
            return None
        if self.reducer in _DIFFERENCES:
            (_, oldest), (place, newest) = known[0], known[-1]
            return _DIFFERENCES[self.reducer](newest, oldest) if place else 0.0
        return float(_REDUCE[self.reducer]([value for _, value in known]))


_REDUCE: Mapping[ClassicReducer, Callable[[Sequence[float]], float]] = {
    "avg": lambda values: sum(values) / len(values),
    "sum": sum,
    # Where all are infinite, Grafana ends with the number it began with.
    "min": lambda values: min(sys.float_info.max, *values),
    "max": lambda values: max(-sys.float_info.max, *values),
    "last": lambda values: values[-1],
    "median": statistics.median,
    "count_non_null": len,
}
_DIFFERENCES: Mapping[ClassicReducer, Callable[[float, float], float]] = {
    "diff": lambda newest, oldest: newest - oldest,
    "diff_abs": lambda newest, oldest: abs(newest - oldest),
    "percent_diff": lambda newest, oldest: 100 * divide(newest - oldest, abs(oldest)),
    "percent_diff_abs": lambda newest, oldest: abs(100 * divide(newest - oldest, oldest)),
}


@dataclass(frozen=True, slots=True)
class Classic:
    """Joins conditions into one verdict: 1, 0, or nothing where there was no data."""

    ref: str
    """Its own name."""
    conditions: tuple[ClassicCondition, ...]
    """In the order in which they are joined."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The queries and steps it reads."""
        return tuple(dict.fromkeys(each.source for each in self.conditions))

    def __str__(self) -> str:
        first, *others = self.conditions
        return " ".join([str(first), *(f"{each.joined_by} {each}" for each in others)])

    def run(self, frames: Frames) -> list[Frame]:
        """Judge."""
        first, *others = self.conditions
        is_breached, is_unseen = first.judge(frames[first.source])
        for each in others:
            join = any if each.joined_by == "or" else all
            breached, unseen = each.judge(frames[each.source])
            is_breached, is_unseen = join((is_breached, breached)), join((is_unseen, unseen))
        return [Number(Labels(), None if is_unseen else float(is_breached))]

    def matches(self, frames: Frames) -> dict[str, Number]:
        """Give the breached series of all conditions, under the names that templates call them by: B0, B1 and so on."""
        found = [match for each in self.conditions for match in each.matches(frames[each.source])]
        return {f"{self.ref}{at}": match for at, match in enumerate(found)}
