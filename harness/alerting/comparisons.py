"""On which side of a limit a number is: the words that Grafana's thresholds and classic conditions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

Comparison = Literal[">", "<", ">=", "<=", "==", "!=", "in (,)", "in [,]", "not in (,)", "not in [,]"]

COMPARISONS: Mapping[str, Comparison] = {word: word for word in get_args(Comparison)}
"""Every comparison, by its own name."""

_HOLDS: Mapping[Comparison, Callable[[float, Sequence[float]], bool]] = {
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


def holds(value: float, comparison: Comparison, bounds: Sequence[float]) -> bool:
    """Say whether a number is on that side. NaN is on no side, so it is only ever `!=`."""
    return _HOLDS[comparison](value, bounds)


def bounds_wanted(comparison: Comparison) -> int:
    """Say how many limits a comparison takes: two are the ends of an interval."""
    return 2 if "," in comparison else 1


def written(what: str, comparison: Comparison, bounds: Sequence[float]) -> str:
    """Write a comparison down for people: `A > 5`, `A in (1, 9]`."""
    sign, _, brackets = comparison.rpartition(" ")
    if not sign:
        return f"{what} {comparison} {bounds[0]:g}"
    return f"{what} {sign} {brackets[0]}{bounds[0]:g}, {bounds[1]:g}{brackets[2]}"
