"""Sums, means and quantiles as Prometheus takes them, infinities and NaN included.

Prometheus 3 sums with a compensation, which gives what `math.fsum` gives, unless huge values cancel to next to nothing.
Prometheus 2 does not always: to meet a threshold exactly where it does, its own order of additions is followed.
"""

import math
from collections.abc import Sequence
from functools import reduce
from operator import add

_CANCELLED = 1e-20  # relative: what one compensation can lose is far below


def total(values: Sequence[float]) -> float:
    """The sum, rounded once; infinite where it leaves the range of a float, NaN where opposite infinities meet."""
    try:
        exact = math.fsum(values)
    except (OverflowError, ValueError):
        return sum(values)
    if values and abs(exact) < _CANCELLED * max(map(abs, values)):
        return _compensated_total(values)
    return exact


def _compensated_total(values: Sequence[float]) -> float:
    added = lost = 0.0
    for value in values:
        added, lost = compensated(value, added, lost)
    return added + lost


def mean(values: Sequence[float]) -> float:
    """The average, also of values whose sum would be too large for a float."""
    count = len(values)
    added = total(values)
    if math.isinf(added) and not any(map(math.isinf, values)):
        return total([value / count for value in values])
    return added / count


def plain_total(values: Sequence[float]) -> float:
    """The sum as Prometheus 2 aggregates: one addition after the other, each rounded."""
    return reduce(add, values)


def drifting_mean(values: Sequence[float], *, compensates: bool) -> float:
    """The average as Prometheus 2 takes it: moved by each value in its turn.

    Args:
        values: At least one.
        compensates: Whether what rounding loses is kept and added at the end, as over time but not over series.
    """
    mean = lost = 0.0
    for count, value in enumerate(values, start=1):
        if math.isinf(mean) and not math.isnan(value) and (value == mean or not math.isinf(value)):
            continue
        mean, lost = compensated(value / count - mean / count, mean, lost)
    return mean + lost if compensates and not math.isinf(mean) else mean


def compensated(addend: float, added: float, lost: float) -> tuple[float, float]:
    """One step of a sum that remembers what rounding loses: the new sum, and all that was lost so far.

    Source: Neumaier's improvement of Kahan's method, as in Prometheus.
    """
    grown = added + addend
    larger, smaller = (added, addend) if abs(added) >= abs(addend) else (addend, added)
    return grown, lost + ((larger - grown) + smaller)


def variance(values: Sequence[float]) -> float:
    """The population variance; exactly 0 for equal values.

    Source: Welford's method, as in Prometheus.
    """
    average = squares = 0.0
    for count, value in enumerate(values, start=1):
        distance = value - average
        average += distance / count
        squares += distance * (value - average)
    return squares / len(values)


def variance_over_time(values: Sequence[float]) -> float:
    """The population variance, compensated: what Prometheus takes of one series, but not across series."""
    average = average_lost = squares = squares_lost = 0.0
    for count, value in enumerate(values, start=1):
        distance = value - (average + average_lost)
        average, average_lost = compensated(distance / count, average, average_lost)
        squares, squares_lost = compensated(distance * (value - (average + average_lost)), squares, squares_lost)
    return (squares + squares_lost) / len(values)


def lowest(values: Sequence[float]) -> float:
    """The smallest value; NaN only where there is nothing else."""
    least = min(values)
    return least if least == least else min(_numbers(values), default=math.nan)  # noqa: PLR0124 - a test for NaN


def highest(values: Sequence[float]) -> float:
    """The largest value; NaN only where there is nothing else."""
    most = max(values)
    return most if most == most else max(_numbers(values), default=math.nan)  # noqa: PLR0124 - a test for NaN


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies, drawn straight between two of them.

    Args:
        values: At least one, in any order; NaN counts as the smallest.
        share: 0 to 1; below gives minus infinity, above plus infinity.
    """
    if math.isnan(share):
        return math.nan
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
    ordered = sorted(values, key=nan_first)
    rank = share * (len(ordered) - 1)
    lower = math.floor(rank)
    weight = rank - lower
    return ordered[lower] * (1 - weight) + ordered[min(lower + 1, len(ordered) - 1)] * weight


def nan_first(value: float) -> tuple[bool, float]:
    """A key that sorts NaN before every number."""
    return value == value, value  # noqa: PLR0124 - a test for NaN


def _numbers(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]
