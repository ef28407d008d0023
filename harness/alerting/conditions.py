"""What a rule asks of the series: as Prometheus does it, and as Grafana does it.

To Prometheus an alert is whatever its expression returns; nothing returned is nothing wrong, silence included. Grafana
asks a query first and judges the answer afterwards, so it can tell "all is well" from "nothing came back".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from harness.alerting.classic_conditions import Classic
from harness.alerting.comparisons import Comparison, holds, written
from harness.alerting.frames import Frame, Frames, Number, Partners, Series
from harness.alerting.grafana_math import Math
from harness.alerting.grafana_reduce import Reduce
from harness.alerting.promql import EvaluationError, Expression, Labels, Sample, SeriesStore, longest_window
from harness.alerting.states import Result

Limit = tuple[Comparison, tuple[float, ...]]
"""A comparison, and what with."""


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
    behind: timedelta = timedelta()
    """How long before now the range ends, or the instant is."""
    datasource: str = "prometheus"
    """The uid of whom it asks: a no-data alert names it."""

    @property
    def window(self) -> timedelta:
        """How long after the last sample it still has an answer."""
        return self.behind + self.reach + longest_window(self.expression)

    def ask(self, store: SeriesStore, *, now: float) -> Sequence[Frame]:
        """Ask; an empty list is "no data"."""
        end = now - self.behind.total_seconds()
        if not self.reach:
            return list(ask(self.expression, store, now=end))
        found = self.expression.between(store, start=end - self.reach.total_seconds(), end=end, step=self.step)
        return [Series(each.labels, each.points) for each in found]


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
    way_back: Limit | None = None
    """What a series that is breached must fulfil before it is not any more; None is the same limit both ways."""

    def __str__(self) -> str:
        limit = written(self.source, self.comparison, self.bounds)
        return f"{limit}, until {written(self.source, *self.way_back)}" if self.way_back else limit

    @property
    def sources(self) -> tuple[str, ...]:
        """The one query or step it reads."""
        return (self.source,)

    def run(self, frames: Frames, *, breached: Collection[Labels] = ()) -> list[Frame]:
        """Judge every number, or every point of a series; what is nothing stays nothing.

        Args:
            frames: what there is.
            breached: the series that were breached until now, which are judged by the limit for the way back.
        """
        return [self._judged(frame, was_breached=frame.labels.nameless in breached) for frame in frames[self.source]]

    def _judged(self, frame: Frame, *, was_breached: bool) -> Frame:
        judge = self._back if was_breached and self.way_back else self._one
        if isinstance(frame, Series):
            return frame.mapped(judge)
        return Number(frame.labels, judge(frame.value), judged=frame.value)

    def _one(self, value: float | None) -> float | None:
        return None if value is None else float(holds(value, self.comparison, self.bounds))

    def _back(self, value: float | None) -> float | None:
        assert self.way_back is not None
        return None if value is None else float(not holds(value, *self.way_back))


Step = Reduce | Threshold | Math | Classic
"""What judges, one after the other, what the queries brought. Each has a name, sources, and a way to run."""


@dataclass(frozen=True, slots=True)
class GrafanaCondition:
    """Queries, and the steps that judge what they brought."""

    text: str
    """As its author wrote it."""
    queries: tuple[Query, ...]
    """Every question to a data source. When one of them has no answer, the whole rule has no data."""
    steps: tuple[Step, ...]
    """What happens to the answers, in order."""
    outcome: str
    """The query or step that decides: for each series, any number but zero is a breach."""

    @property
    def window(self) -> timedelta:
        """How far back it looks. The first query to fall silent is enough, so the shortest reach of all counts."""
        return min(query.window for query in self.queries)

    def results(self, store: SeriesStore, *, now: float, breached: Collection[Labels] = ()) -> list[Result]:
        """Ask and judge; an empty list is "no data".

        Args:
            store: what is asked.
            now: when.
            breached: the series that were breached until now; a limit may be another for them.

        Raises:
            PromQLError: when a query does not fit the data, or its series cannot be told apart.
        """
        frames = {query.ref: query.ask(store, now=now) for query in self.queries}
        if not all(frames.values()):
            return []
        for step in self.steps:
            if isinstance(step, Threshold) and step.ref == self.outcome:
                frames[step.ref] = step.run(frames, breached=breached)
            else:
                frames[step.ref] = step.run(frames)
        values = {ref: _Values(found) for ref, found in frames.items()}
        results = [_result(frame, self.outcome, values) for frame in frames[self.outcome]]
        refuse_twins([result.labels for result in results])
        last = self.steps[-1] if self.steps else None
        return [_matched(result, last.matches(frames)) for result in results] if isinstance(last, Classic) else results

    def silent(self, store: SeriesStore, *, now: float) -> list[Query]:
        """Give the queries that have no answer."""
        return [query for query in self.queries if not query.ask(store, now=now)]


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


class _Values:
    """What one query or step gave, to be looked up by the labels of a result."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._known = {frame.labels: frame for frame in frames if isinstance(frame, Number)}
        self._partners: Partners | None = None

    def of(self, labels: Labels) -> Number | None:
        """Give the number of the same labels, or of some that contain them or are contained."""
        if labels in self._known:
            return self._known[labels]
        if self._partners is None:  # most results have the same labels all the way
            self._partners = Partners(self._known.values())
        return next((each for each in self._partners.of(labels) if isinstance(each, Number)), None)


def _matched(result: Result, matches: Mapping[str, Number]) -> Result:
    """Let a classic condition's result show the series that it is about, and nothing else, as in Grafana."""
    values = {name: match.value for name, match in matches.items()}
    return replace(result, values=values, series={name: match.labels.nameless for name, match in matches.items()})


def _result(frame: Frame, where: str, values: Mapping[str, _Values]) -> Result:
    if isinstance(frame, Series):
        message = f"{where} has many points for each series, and a rule judges one number. Reduce it first."
        raise EvaluationError(message)
    found = {ref: every.of(frame.labels) for ref, every in values.items()}
    shown = {ref: number.value for ref, number in found.items() if number}
    # NaN is not zero either: a condition that is no threshold is breached by it, as in Grafana.
    is_breach = frame.value is not None and frame.value != 0
    value = frame.value if frame.judged is None else frame.judged
    return Result(frame.labels.nameless, value, breached=is_breach, values=shown)
