"""What rule code asks about an expression without running it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from harness.alerting.promql.arithmetic import ARITHMETIC, COMPARISONS
from harness.alerting.promql.expression import Expression
from harness.alerting.promql.labels import METRIC_NAME
from harness.alerting.promql.lexing import tokens
from harness.alerting.promql.matchers import Matcher
from harness.alerting.promql.parser import parse
from harness.alerting.promql.syntax import (
    Binary,
    Negation,
    Node,
    Number,
    Range,
    Selector,
    Subquery,
    children_of,
)

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_LONGEST_MS = timedelta.max // timedelta(milliseconds=1)

Word = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Threshold:
    """An alert condition taken apart: what is measured, and where the line is."""

    query_text: str
    """The expression that is compared, as it was written."""

    operator: str
    """How: one of == != > < >= <=, the query standing on its left."""

    value: float
    """What it is compared with."""


def metric_names(expression: Expression) -> frozenset[str]:
    """The metrics an expression reads, as far as it names them; a pattern for a name names none."""
    return frozenset(
        matcher.value
        for matchers in selectors(expression.syntax)
        for matcher in matchers
        if matcher.name == METRIC_NAME and matcher.op == "="
    )


def selectors(node: Node) -> list[tuple[Matcher, ...]]:
    """What each selector inside an expression asks of a series, in the order in which they are written."""
    return [each.matchers for each in _walk(node) if isinstance(each, Selector)]


def longest_window(expression: Expression) -> timedelta:
    """How far back an expression looks: windows, offsets, subqueries and the lookback, one after the other.

    Moments fixed with `@` do not count, for they lie where they lie.
    """
    return timedelta(milliseconds=min(_LONGEST_MS, _reach_ms(expression.syntax, expression.dialect.lookback_ms)))


def split_threshold(text: str) -> Threshold | None:
    """Take apart an expression of the form `query OP number` or `number OP query`.

    Args:
        text: The expression; the number may be a sum of numbers, such as 14.4 * 0.001.

    Returns:
        Nothing, where the expression has another form or compares with `bool`.

    Raises:
        ParseError: The text is no expression.
    """
    node = parse(text)
    if not isinstance(node, Binary) or node.op not in COMPARISONS or node.returns_bool:
        return None
    left, right = _constant(node.left), _constant(node.right)
    if (left is None) == (right is None):
        return None
    words = _without_outer_parentheses(list(tokens(text)))
    places = [place for place, (depth, _, word) in enumerate(_with_depth(words)) if not depth and word in COMPARISONS]
    if right is not None:
        return Threshold(_text_of(text, words[: places[-1]]), node.op, right)
    assert left is not None
    return Threshold(_text_of(text, words[places[0] + 1 :]), _FLIPPED[node.op], left)


def _constant(node: Node) -> float | None:
    """The value of a sum of numbers."""
    match node:
        case Number(value):
            return value
        case Negation(inner):
            positive = _constant(inner)
            return None if positive is None else -positive
        case Binary(op=op) if op in ARITHMETIC:
            left, right = _constant(node.left), _constant(node.right)
            return None if left is None or right is None else ARITHMETIC[op](left, right)
        case _:
            return None


def _without_outer_parentheses(words: list[Word]) -> list[Word]:
    while words[0][1] == "(" and all(depth for depth, _, _ in list(_with_depth(words))[:-1]):
        words = words[1:-1]
    return words


def _with_depth(words: list[Word]) -> Iterator[tuple[int, int, str]]:
    """Each word with how many brackets are open after it."""
    depth = 0
    for start, word in words:
        depth += (word in _OPENING) - (word in _CLOSING)
        yield depth, start, word


def _text_of(text: str, words: list[Word]) -> str:
    last, word = words[-1]
    return text[words[0][0] : last + len(word)]


def _reach_ms(node: Node, lookback_ms: int) -> int:
    match node:
        case Selector(shift=shift):
            own = lookback_ms
        case Range(range_ms=own):
            shift = node.selector.shift
        case Subquery(range_ms=own, shift=shift):
            own += _reach_ms(node.inner, lookback_ms)
        case _:
            return max((_reach_ms(child, lookback_ms) for child in children_of(node)), default=0)
    return max(0, own + shift.offset_ms) if shift.at is None else 0


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in children_of(node):
        yield from _walk(child)
