"""What a rule reads, as series that can be pushed: one target for each selector, with the shapes worth trying."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.alerting.logql import LogExpression
from harness.alerting.promql import METRIC_NAME, Expression, Labels
from harness.alerting.promql.matchers import Matcher
from harness.alerting.promql.syntax import Aggregate, Binary, Call, Node, Selector, children_of
from harness.alerting.provocation.feed import Shape, Target
from harness.alerting.provocation.lines import NUMBER, line_for
from harness.alerting.provocation.specimens import MADE_UP, specimen

MOST_LINES = 500
"""How many log lines come at a time, at most."""

_COUNTING = frozenset({"rate", "increase", "irate"})
_MOVING = frozenset({"delta", "idelta", "deriv", "predict_linear", "changes", "resets", "holt_winters"})


def targets_of(
    expressions: Iterable[Expression], *, numbers: Sequence[float], copies: int, recorded: set[str]
) -> tuple[Target, ...]:
    """Give what expressions read, each selector once.

    Args:
        expressions: the rule's, and those of the rules that record what it reads.
        numbers: those that the rule compares with, in order.
        copies: how many series each selector gets.
        recorded: names of metrics that are not pushed, since a rule records them.
    """
    shared: dict[str, str] = {}
    found: dict[tuple[Matcher, ...], str] = {}
    targets = list[Target]()
    for expression in expressions:
        if isinstance(expression, LogExpression):
            targets += _line_targets(expression, numbers)
            continue
        shared |= dict.fromkeys(_labels_named_in(expression.syntax), MADE_UP)
        for selector, function in _selectors(expression.syntax, ""):
            found.setdefault(selector.matchers, function)
    for matchers, function in found.items():
        if any(each.name == METRIC_NAME and each.op == "=" and each.value in recorded for each in matchers):
            continue
        bounds = _bounds(matchers, numbers)
        series = _series(matchers, shared, copies=copies, bounds=bounds)
        if series:
            shapes = tuple(dict.fromkeys(_shapes(function, numbers, is_histogram=bool(bounds))))
            targets.append(Target(_written(matchers), series, shapes))
    return tuple(targets)


def _line_targets(expression: LogExpression, numbers: Sequence[float]) -> Iterator[Target]:
    """Give a target for each function over log lines for which a line was found."""
    for counted in expression.ranges:
        line = line_for(counted)
        if line is not None:
            stream, seconds = Labels(line.labels), counted.range_ms / 1000
            levels = _levels(numbers) if NUMBER in line.line else ()
            shapes = tuple(Shape(lines=1, level=level) for level in levels) or _amounts(numbers, seconds=seconds)
            yield Target(f"lines {line.line} of {stream}", (stream,), (*shapes, Shape(lines=0)), line.line)


def _levels(numbers: Sequence[float]) -> list[float]:
    shapes = _shapes("", numbers, is_histogram=False)
    return list(dict.fromkeys(shape.level for shape in shapes if shape.level is not None))


def _amounts(numbers: Sequence[float], *, seconds: float) -> tuple[Shape, ...]:
    """Give how many lines may come at a time, for counts and for rates over so many seconds."""
    more = [each * times for each in numbers if math.isfinite(each) for times in (1, 2, seconds)]
    amounts = dict.fromkeys(min(MOST_LINES, math.ceil(each)) for each in (10, 1, *more) if each > 0)
    return tuple(Shape(lines=amount) for amount in amounts)


def _series(
    matchers: Sequence[Matcher], shared: Mapping[str, str], *, copies: int, bounds: Sequence[str]
) -> tuple[Labels, ...]:
    made = []
    for copy in range(copies):
        more = {**shared, "instance": f"{MADE_UP}-{copy + 1}"} if copies > 1 else dict(shared)
        for bound in bounds or ("",):
            found = specimen(matchers, more={**more, "le": bound} if bound else more)
            if found is not None and found not in made:
                made.append(found)
    return tuple(made)


def _bounds(matchers: Sequence[Matcher], numbers: Sequence[float]) -> list[str]:
    """Give the bounds of a histogram's buckets, with the numbers that a rule compares with among them."""
    name = next((each.value for each in matchers if each.name == METRIC_NAME), "")
    if not name.endswith("_bucket") or any(each.name == "le" and each.op == "=" for each in matchers):
        return []
    positive = [number for number in numbers if number > 0]
    return [f"{bound:g}" for bound in sorted({0.001, *positive, *(4 * number for number in positive)})] + ["+Inf"]


def _shapes(function: str, numbers: Sequence[float], *, is_histogram: bool) -> Iterator[Shape]:
    big = 10 * max((*map(abs, numbers), 1.0)) + 1
    around = [each for number in numbers for each in (number, number + 1, number - 1)]
    between = [(left + right) / 2 for left, right in itertools.pairwise(numbers)]
    amounts = [big, 0.0, *around, *between, *(number / 2 for number in numbers), -big]
    if is_histogram:
        yield from (Shape(rise=1.0, above=each) for each in (max((0.0, *numbers)), -math.inf))
    rises = [Shape(rise=each) for each in amounts if each >= 0 or function in _MOVING]
    levels = [Shape(level=each) for each in amounts]
    first, second = (rises, levels) if function in _COUNTING | _MOVING else (levels, rises)
    yield from first
    yield Shape(level=big, swings=True)
    yield Shape(tells_time=True)
    yield Shape(is_silent=True)
    yield from second


def _selectors(node: Node, function: str) -> Iterator[tuple[Selector, str]]:
    """Give each selector with the function around its range."""
    if isinstance(node, Selector):
        yield node, function
    inner = node.name if isinstance(node, Call) else "" if isinstance(node, Selector) else function
    for child in children_of(node):
        yield from _selectors(child, inner)


def _labels_named_in(syntax: Node) -> Iterator[str]:
    """Give the labels by which an expression brings series together; every series is to have them."""
    for node in walk(syntax):
        if isinstance(node, Aggregate) and not node.grouping.is_without:
            yield from node.grouping.labels
        if isinstance(node, Binary):
            yield from (*(node.matching.labels if node.matching.is_on else ()), *node.matching.include)


def _written(matchers: Sequence[Matcher]) -> str:
    name = next((each.value for each in matchers if each.name == METRIC_NAME and each.op == "="), "")
    inner = ",".join(f'{each.name}{each.op}"{each.value}"' for each in matchers if each.name != METRIC_NAME or not name)
    return f"{name}{{{inner}}}" if inner else name


def walk(node: Node) -> Iterator[Node]:
    """Give a node and all that is inside it."""
    yield node
    for child in children_of(node):
        yield from walk(child)
