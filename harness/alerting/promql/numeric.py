"""Sums, means and quantiles as Prometheus takes them, infinities and NaN included."""

import math
from collections.abc import Sequence


def total(values: Sequence[float]) -> float:
    """The sum, rounded once; infinite where it leaves the range of a float, NaN where opposite infinities meet."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return sum(values)


def mean(values: Sequence[float]) -> float:
    """The average, also of values whose sum would be too large for a float."""
    count = len(values)
    added = total(values)
    if math.isinf(added) and not any(map(math.isinf, values)):
        return total([value / count for value in values])
    return added / count


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
