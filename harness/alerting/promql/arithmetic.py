"""Numbers as Go reckons with them: no exceptions, but infinities and NaN."""

import math
import operator
from collections.abc import Callable, Mapping

BinaryFunction = Callable[[float, float], float]


def divide(left: float, right: float) -> float:
    """Divide; by zero gives an infinity, or NaN for zero by zero."""
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def modulo(left: float, right: float) -> float:
    """The remainder, with the sign of the left side."""
    try:
        return math.fmod(left, right)
    except ValueError:
        return math.nan


def power(base: float, exponent: float) -> float:
    """Raise to a power; a root of a negative number is NaN."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and math.fmod(exponent, 2) else math.inf
    except ValueError:
        if base:
            return math.nan
        return math.copysign(math.inf, base) if math.fmod(exponent, 2) in {1, -1} else math.inf


ARITHMETIC: Mapping[str, BinaryFunction] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divide,
    "%": modulo,
    "^": power,
    "atan2": math.atan2,
}
"""The operators that give a new number."""

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
"""The operators that filter, or give 0 and 1 after `bool`."""


def saturating(function: Callable[[float], float]) -> Callable[[float], float]:
    """The same function with NaN outside its domain and an infinity where its result is too large."""

    def safe(value: float) -> float:
        try:
            return function(value)
        except OverflowError:
            return math.copysign(math.inf, value) if function is math.sinh else math.inf
        except ValueError:
            return math.nan

    return safe
