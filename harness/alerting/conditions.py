"""What a rule asks of the series: as Prometheus does it, and as Grafana does it.

To Prometheus an alert is whatever its expression returns; nothing returned is nothing wrong, silence included. Grafana
asks a query first and judges the answer afterwards, so it can tell "all is well" from "nothing came back".
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from harness.alerting.promql import (
    EvaluationError,
    Expression,
    Labels,
    Points,
    Sample,
    SeriesStore,
    longest_window,
)
from harness.alerting.states import Result


@dataclass(frozen=True, slots=True)
class Number:
    """A series that came down to one value."""

    labels: Labels
    """The series, without its metric name."""
    value: float | None
    """None where there is nothing (nil)."""
    judged: float | None = None
    """After a threshold: the value it was about."""


Frame = Number | Points
Comparison = Literal[">", "<", ">=", "<=", "==", "!=", "in (,)", "in [,]", "not in (,)", "not in [,]"]
Reducer = Literal["last", "mean", "min", "max", "sum", "count", "median"]
NonNumbers = Literal["strict", "drop", "replace"]

COMPARISONS: Mapping[str, Comparison] = {word: word for word in get_args(Comparison)}
"""Every comparison, by its own name."""

_COMPARE: Mapping[Comparison, Callable[[float, Sequence[float]], bool]] = {
    ">": lambda value, bounds: value > bounds[0],
    "<": lambda value, bounds: value < bounds[0],
    ">=": lambda value, bounds: value >= bounds[0],
    "<=": lambda value, bounds: value <= bounds[0],
    "==": lambda value, bounds: value == bounds[0],
    "!=": lambda value, bounds: value != bounds[0],
    "in (,)": lambda value, bounds: bounds[0] < value < bounds[1],
    "in [,]": lambda value, bounds: bounds[0] <= value <= bounds[1],
    "not in (,)": lambda value, bounds: value <= bounds[0] or value >= bounds[1],
    "not in [,]": lambda value, bounds: value < bounds[0] or value > bounds[1],
}

_REDUCE: Mapping[Reducer, Callable[[Sequence[float]], float]] = {
    "last": lambda values: values[-1],
    "mean": statistics.fmean,
    "min": min,
    "max": max,
    "sum": math.fsum,
    "count": len,
    "median": statistics.median,
}


def ask(expression: Expression, store: SeriesStore, *, now: float) -> list[Number]:
    """Give what an expression says now: a number for each series, metric names kept, or one without labels.

    Raises:
        PromQLError: when the expression does not fit the data.
    """
    answer = expression.at(store, now)
    if isinstance(answer, float):
        return [Number(Labels(), answer)]
    return [Number(each.labels, each.value) for each in answer if isinstance(each, Sample)]


@dataclass(frozen=True, slots=True)
class PrometheusCondition:
    """An expression whose every result is an alert."""

    text: str
    """As its author wrote it."""
    expression: Expression
    """The same, compiled."""

    @property
    def window(self) -> timedelta:
        """How far back it looks: for this long a silent service still has an answer."""
        return longest_window(self.expression)

    def results(self, store: SeriesStore, *, now: float) -> list[Result]:
        """Ask: what comes back is breached, and what does not is not.

        Raises:
            PromQLError: when the expression does not fit the data.
        """
        found = ask(self.expression, store, now=now)
        return [Result(number.labels, number.value, breached=True) for number in found]


@dataclass(frozen=True, slots=True)
class Query:
    """A question to the data source: what is now, or how it went over a range of time."""

    ref: str
    """The name that later steps call it by."""
    expression: Expression
    """The question, compiled."""
    reach: timedelta = timedelta()
    """How far back a range begins; nothing for an instant."""
    step: timedelta = timedelta(seconds=1)
    """How far apart the points of a range are."""

    @property
    def window(self) -> timedelta:
        """How long after the last sample it still has an answer."""
        return self.reach + longest_window(self.expression)

    def ask(self, store: SeriesStore, *, now: float) -> Sequence[Frame]:
        """Ask; an empty list is "no data"."""
        if not self.reach:
            return [Number(found.labels.nameless, found.value) for found in ask(self.expression, store, now=now)]
        return self.expression.between(store, start=now - self.reach.total_seconds(), end=now, step=self.step)


@dataclass(frozen=True, slots=True)
class Reduce:
    """Brings the points of each series down to one number."""

    ref: str
    """Its own name."""
    source: str
    """The name of the query or step it reads."""
    reducer: Reducer
    """How."""
    non_numbers: NonNumbers = "strict"
    """What NaN does: poison the number, be left out, or count as `replacement`."""
    replacement: float = 0.0
    """Used by `replace`."""

    def __str__(self) -> str:
        without = {"strict": "", "drop": " without NaN", "replace": f" with {self.replacement:g} for NaN"}
        return f"the {self.reducer} of {self.source}{without[self.non_numbers]}"

    def apply(self, frame: Frame) -> Number:
        """Reduce one series; a number is one already."""
        if isinstance(frame, Number):
            return frame
        return Number(frame.labels.nameless, self._one([value for _, value in frame.points]))

    def _one(self, values: list[float]) -> float | None:
        if self.non_numbers == "replace":
            values = [self.replacement if math.isnan(value) else value for value in values]
        elif self.non_numbers == "drop":
            values = [value for value in values if not math.isnan(value)]
        elif self.reducer not in ("last", "count") and any(map(math.isnan, values)):
            return math.nan
        if values:
            return float(_REDUCE[self.reducer](values))
        return 0.0 if self.reducer in ("sum", "count") else None


@dataclass(frozen=True, slots=True)
class Threshold:
    """Turns a number into 1 where it is on the wrong side, and into 0 where it is not."""

    ref: str
    """Its own name."""
    source: str
    """The name of the query or step it reads."""
    comparison: Comparison
    """Which side is the wrong one. NaN is on no side, so it is breached by `!=` alone."""
    bounds: tuple[float, ...]
    """One number, or the two ends of an interval, the lower first."""

    def __str__(self) -> str:
        sign, _, brackets = self.comparison.rpartition(" ")
        if not sign:
            return f"{self.source} {self.comparison} {self.bounds[0]:g}"
        return f"{self.source} {sign} {brackets[0]}{self.bounds[0]:g}, {self.bounds[1]:g}{brackets[2]}"

    def apply(self, frame: Frame) -> Number:
        """Judge one number; what is nothing stays nothing."""
        value = _value_of(frame, self.source)
        if value is None:
            return Number(frame.labels, None)
        return Number(frame.labels, float(_COMPARE[self.comparison](value, self.bounds)), judged=value)


@dataclass(frozen=True, slots=True)
class GrafanaCondition:
    """Queries, and the steps that judge what they brought."""

    text: str
    """As its author wrote it."""
    queries: tuple[Query, ...]
    """Every question to a data source. When one of them has no answer, the whole rule has no data."""
    steps: tuple[Reduce | Threshold, ...]
    """What happens to the answers, in order."""
    outcome: str
    """The query or step that decides: for each series, any number but zero is a breach."""
    datasource: str = "prometheus"
    """The uid that a no-data alert names."""

    @property
    def window(self) -> timedelta:
        """How far back it looks. The first query to fall silent is enough, so the shortest reach of all counts."""
        return min(query.window for query in self.queries)

    def results(self, store: SeriesStore, *, now: float) -> list[Result]:
        """Ask and judge; an empty list is "no data".

        Raises:
            PromQLError: when a query does not fit the data, or its series cannot be told apart.
        """
        frames = {query.ref: query.ask(store, now=now) for query in self.queries}
        if not all(frames.values()):
            return []
        for step in self.steps:
            frames[step.ref] = [step.apply(frame) for frame in frames[step.source]]
        results = [_result(frame, self.outcome) for frame in frames[self.outcome]]
        refuse_twins([result.labels for result in results])
        return results


Condition = PrometheusCondition | GrafanaCondition


class TooMany(EvaluationError):
    """A rule gave more than its group's limit allows."""


def refuse_too_many(count: int, *, limit: int) -> None:
    """Refuse more results than a group allows each of its rules; 0 is as many as it likes.

    Raises:
        TooMany: there are more.
    """
    if limit and count > limit:
        message = f"it gave {count} results, and its group's limit is {limit}. Aggregate, or raise the limit."
        raise TooMany(message)


def refuse_twins(every: Sequence[Labels]) -> None:
    """Refuse results that cannot be told apart.

    Raises:
        EvaluationError: when two of them have the same labels.
    """
    seen: set[Labels] = set()
    for labels in every:
        if labels in seen:
            message = f"two results have the same labels {labels}. Aggregate, or keep a label that differs."
            raise EvaluationError(message)
        seen.add(labels)


def _value_of(frame: Frame, where: str) -> float | None:
    if isinstance(frame, Points):
        message = f"{where} has many points for each series, and a rule judges one number. Reduce it first."
        raise EvaluationError(message)
    return frame.value


def _result(frame: Frame, where: str) -> Result:
    value = _value_of(frame, where)
    judged = frame.judged if isinstance(frame, Number) else None
    # NaN is not zero either: a condition that is no threshold is breached by it, as in Grafana.
    return Result(frame.labels, value if judged is None else judged, breached=value is not None and value != 0)
