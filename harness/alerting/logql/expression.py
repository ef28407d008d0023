"""A compiled LogQL expression, which rules use as they use one of PromQL.

Each function over log lines is worked out from the lines, and its numbers stand where a metric would stand; everything
around it (aggregations, comparisons, arithmetic, `and`, `or`, `unless`) is evaluated by the PromQL engine. A function's
numbers are put as far back in time as it looks, behind an offset as long: so whoever asks how far back the expression
looks is told the truth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from harness.alerting import promql
from harness.alerting.logql.lexing import Reader
from harness.alerting.logql.parser import RANGE_FUNCTIONS, read_range
from harness.alerting.logql.ranges import LogRange
from harness.alerting.logql.store import LoggedSeries
from harness.alerting.promql import (
    METRIC_NAME,
    Dialect,
    EvaluationError,
    Expression,
    LimitExceeded,
    Limits,
    Matrix,
    ParseError,
    Points,
    Sample,
    Semantics,
    SeriesStore,
    Threshold,
    Value,
)
from harness.alerting.promql.limits import Meter
from harness.alerting.promql.parser import parse
from harness.alerting.promql.store import milliseconds
from harness.alerting.promql.syntax import Aggregate, Call, Node, Selector, Subquery, children_of

_AT_ONE_INSTANT = Dialect(Semantics.V2, lookback=timedelta())
_FUNCTIONS = frozenset({"label_replace", "vector", "sort", "sort_desc"})
_AGGREGATIONS = frozenset({"sum", "avg", "max", "min", "count", "stddev", "stdvar", "topk", "bottomk"})
_STANDS_FOR = re.compile(r"logql_(\d+) offset \d+ms")
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class _Outline:
    """An expression in which names of metrics stand for its functions over log lines."""

    text: str
    """It, in PromQL."""
    ranges: tuple[LogRange, ...]
    """The functions, in order."""

    def restored(self, part: str) -> str:
        """Write a part of it as its author did."""
        return _STANDS_FOR.sub(lambda found: self.ranges[int(found[1])].text, part)


class LogExpression(Expression):
    """A compiled LogQL expression; make one with `compile`."""

    def __init__(self, text: str, *, syntax: Node, ranges: tuple[LogRange, ...]) -> None:
        super().__init__(text, syntax=syntax, dialect=_AT_ONE_INSTANT, limits=Limits())
        self.ranges = ranges
        """Its functions over log lines, in order."""

    def at(self, store: SeriesStore, now: float) -> Value:
        """The expression's value at one moment.

        Args:
            store: Series beside which there are log lines.
            now: Seconds since 1970.

        Raises:
            EvaluationError: There are no log lines, or a line has an error that no filter took out.
            LimitExceeded: It would look at more lines, or take longer, than its limits allow.
        """
        value = super().at(self._numbers(store, [milliseconds(now)]), now)
        if isinstance(value, float | str):
            return value
        return [Sample(each.labels.nameless, each.value) for each in value if isinstance(each, Sample)]

    def between(self, store: SeriesStore, *, start: float, end: float, step: timedelta) -> Matrix:
        """The expression's value at each step from a start to an end.

        Raises:
            EvaluationError: As `at`.
            LimitExceeded: There are too many steps.
        """
        moments = range(milliseconds(start), milliseconds(end) + 1, max(1, step // _MILLISECOND))
        Meter(self._limits).charge_steps(len(moments))
        found = super().between(self._numbers(store, moments), start=start, end=end, step=step)
        return [Points(each.labels.nameless, each.points) for each in found]

    def _numbers(self, store: SeriesStore, moments: range | list[int]) -> SeriesStore:
        if not isinstance(store, LoggedSeries):
            raise EvaluationError(f"{self.text!r} asks for log lines, and there are none here, only series")
        numbers, meter = SeriesStore(), Meter(self._limits)
        for now_ms in moments:
            for place, each in enumerate(self.ranges):
                for sample in each.at(store.logs, now_ms, meter):
                    labels = sample.labels.replacing(METRIC_NAME, _name(place))
                    numbers.append(labels, (now_ms - each.reach_ms) / 1000, sample.value)
        return numbers


def is_logql(text: str) -> bool:
    """Tell LogQL from PromQL: by a pipe, or by a range of lines, which unlike one of samples has no metric's name.

    A PromQL selector without a name is read as PromQL when it says so: `{__name__!="", job="a"}`.
    """
    reader = Reader(text)
    words = [reader.take().word for _ in iter(lambda: reader.next.kind, "end")]
    if any(word in {"|", "|=", "|~", "|>"} for word in words):
        return True
    if METRIC_NAME in words:
        return False
    opened = (place for place, word in enumerate(words) if word == "{")
    return any(_opens_lines(words[:place]) for place in opened)


def compile(text: str) -> LogExpression:  # noqa: A001 - as in re.compile
    """Compile an expression, to be evaluated as often as needed.

    Raises:
        ParseError: The text is no LogQL that gives numbers, or uses a part of it that is not spoken here.
    """
    outline = _outline(text)
    try:
        syntax = parse(outline.text)
        _refuse_promql(syntax, ranges=len(outline.ranges))
        return LogExpression(text, syntax=syntax, ranges=outline.ranges)
    except ParseError as error:
        raise ParseError(f"{outline.restored(str(error))}, in the LogQL expression {text!r}") from error


def split_threshold(text: str) -> Threshold | None:
    """Take apart an expression of the form `query OP number`; as `promql.split_threshold`.

    Raises:
        ParseError: The text is no expression.
    """
    outline = _outline(text)
    found = promql.split_threshold(outline.text)
    return found and Threshold(outline.restored(found.query_text), found.operator, found.value)


def _outline(text: str) -> _Outline:
    """Put a metric's name in the place of each function over log lines."""
    try:
        return _read_outline(text)
    except ParseError as error:
        raise ParseError(f"{error}, in the LogQL expression {text!r}") from error
    except RecursionError as error:
        raise LimitExceeded(f"the expression is nested too deeply; it starts {text[:60]!r}") from error


def _read_outline(text: str) -> _Outline:
    reader = Reader(text)
    ranges: list[LogRange] = []
    parts, done = [], 0
    while reader.next.kind != "end":
        if reader.next.word in {"{", "|", "|=", "|~"}:
            raise reader.error("these are lines, and a rule needs a number: write count_over_time(… [5m]) around them")
        if reader.next.word not in RANGE_FUNCTIONS or reader.after_next.word != "(":
            reader.take()
            continue
        parts.append(text[done : reader.next.start])
        ranges.append(read_range(reader))
        parts.append(f"{_name(len(ranges) - 1)} offset {ranges[-1].reach_ms}ms")
        done = reader.end_of_last
    return _Outline("".join((*parts, text[done:])), tuple(ranges))


def _name(place: int) -> str:
    return f"logql_{place}"


def _opens_lines(words: list[str]) -> bool:
    """Whether what comes after these words is the selector of a range of lines."""
    while words and words[-1] == "(":
        words = words[:-1]
        if words and words[-1] in RANGE_FUNCTIONS:
            return True
    if len(words) > 3 and words[-1] == ",":
        return words[-4:-2] == ["quantile_over_time", "("]
    return False


def _refuse_promql(syntax: Node, *, ranges: int) -> None:
    """Refuse what PromQL has and LogQL has not.

    Raises:
        ParseError: when something of it is there.
    """
    nodes = list(_walk(syntax))
    for node in nodes:
        if isinstance(node, Call) and node.name not in _FUNCTIONS:
            raise ParseError(f"LogQL has no function {node.name}")
        if isinstance(node, Aggregate) and node.op not in _AGGREGATIONS:
            raise ParseError(f"LogQL has no aggregation {node.op}")
        if isinstance(node, Subquery):
            raise ParseError("LogQL has no subqueries")
    if sum(isinstance(node, Selector) for node in nodes) > ranges:
        raise ParseError("a metric stands beside log lines; one expression reads one of the two")


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in children_of(node):
        yield from _walk(child)
