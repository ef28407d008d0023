"""Grafana's `math` expressions: what they give, and how the series of two operands find each other.

Rules of this file:

- Two values belong together when the labels of one contain the labels of the other; what has no labels belongs to all.
  The result has the wider labels. What finds no partner is dropped. The metric's name is a label too: two metrics as
  they are do not meet, but their rates do, which have none.
- One value on either side, and labels that do not fit: they belong together all the same, and the labels are lost.
- A series and a number: the number meets every point. Two series: only points at the same instant meet.
- Null stays null through an operator. A function makes NaN of it, but for `is_null` and `is_number`.
- NaN stays NaN, but `0 && NaN` is 0 and `NaN || 0` is 1: the left side alone decides.

Source: Grafana, pkg/expr/mathexp, exp.go and funcs.go.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.alerting.frames import Change, Frame, Frames, Number, Partners, Series
from harness.alerting.grafana_math_syntax import Applied, Binary, Constant, Node, Variable, parse_math, variables_of
from harness.alerting.promql import Labels
from harness.alerting.promql.arithmetic import COMPARISONS, divide, modulo, power, saturating


@dataclass(frozen=True, slots=True)
class Math:
    """Reckons with what queries and other expressions brought."""

    ref: str
    """Its own name."""
    text: str
    """As its author wrote it."""
    tree: Node
    """The same, read."""

    @classmethod
    def parse(cls, ref: str, text: str) -> Math:
        """Read a `math` expression.

        Raises:
            ParseError: it is none.
        """
        return cls(ref, text, parse_math(text))

    @property
    def sources(self) -> tuple[str, ...]:
        """The queries and steps it reads."""
        return tuple(dict.fromkeys(variables_of(self.tree)))

    def __str__(self) -> str:
        return " ".join(self.text.split())

    def run(self, frames: Frames) -> list[Frame]:
        """Reckon."""
        return _evaluated(self.tree, frames)


def _evaluated(node: Node, frames: Frames) -> list[Frame]:
    match node:
        case Constant(value):
            return [Number(Labels(), value)]
        case Variable(name):
            return [each.mapped(lambda value: value) for each in frames[name]]
        case Applied(function, operand):
            return [each.mapped(_APPLIED[function]) for each in _evaluated(operand, frames)]
        case Binary(sign, left, right):
            pairs = _joined(_evaluated(left, frames), _evaluated(right, frames))
            return [_combined(_OPERATORS[sign], pair) for pair in pairs]


# How one value becomes another


def _or_null(function: Callable[[float], float]) -> Change:
    return lambda value: None if value is None else function(value)


def _or_nan(function: Callable[[float], float]) -> Change:
    return lambda value: math.nan if value is None else function(value)


def _whole(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: math.copysign(function(value), value) if math.isfinite(value) else value


def _away_from_zero(value: float) -> float:
    return math.copysign(math.floor(abs(value) + 0.5), value) if abs(value) < 2**52 else value


_APPLIED: Mapping[str, Change] = {
    "!": _or_null(lambda value: value if math.isnan(value) else float(not value)),
    "-": _or_null(operator.neg),
    "abs": _or_nan(abs),
    "ceil": _or_nan(_whole(math.ceil)),
    "floor": _or_nan(_whole(math.floor)),
    "round": _or_nan(_whole(_away_from_zero)),
    "log": _or_nan(lambda value: saturating(math.log)(value) if value else -math.inf),
    "is_inf": _or_nan(lambda value: float(math.isinf(value))),
    "is_nan": _or_nan(lambda value: float(math.isnan(value))),
    "is_null": lambda value: float(value is None),
    "is_number": lambda value: float(value is not None and math.isfinite(value)),
}


# How two values become one

Combine = Callable[[float, float], float]


def _unless_nan(function: Callable[[float, float], float]) -> Combine:
    return lambda left, right: math.nan if math.isnan(left) or math.isnan(right) else float(function(left, right))


_OPERATORS: Mapping[str, Combine] = {
    **{sign: _unless_nan(compare) for sign, compare in COMPARISONS.items()},
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divide,
    "%": modulo,
    "**": _unless_nan(power),
    "||": lambda left, right: 1.0 if left else _unless_nan(lambda _, right: right != 0)(left, right),
    "&&": lambda left, right: _unless_nan(lambda _, right: right != 0)(left, right) if left else 0.0,
}


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two values that belong together."""

    labels: Labels
    left: Frame
    right: Frame


def _joined(left: Sequence[Frame], right: Sequence[Frame]) -> list[_Pair]:
    pairs = list(_fitting(left, right))
    if not pairs and len(left) == len(right) == 1:
        return [_Pair(Labels(), left[0], right[0])]
    return pairs


def _fitting(left: Sequence[Frame], right: Sequence[Frame]) -> Iterator[_Pair]:
    partners = Partners(right)
    for one in left:
        for other in partners.of(one.labels):
            yield _Pair(max(one.labels, other.labels, key=len), one, other)


def _combined(combine: Combine, pair: _Pair) -> Frame:
    left, right, labels = pair.left, pair.right, pair.labels
    if isinstance(left, Series):
        if isinstance(right, Series):
            others = dict(right.points)
            met = [(at, value, others[at]) for at, value in left.points if at in others]
        else:
            met = [(at, value, right.value) for at, value in left.points]
    elif isinstance(right, Series):
        met = [(at, left.value, value) for at, value in right.points]
    else:
        return Number(labels, _both(combine, left.value, right.value))
    return Series(labels, [(at, _both(combine, one, other)) for at, one, other in met])


def _both(combine: Combine, left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else combine(left, right)
