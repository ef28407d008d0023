"""Quantiles and shares of classic histograms: buckets in series of their own, told apart by the label `le`."""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import lru_cache

from harness.alerting.promql.arithmetic import divide
from harness.alerting.promql.labels import Labels
from harness.alerting.promql.values import Sample, Vector

BUCKET_LABEL = "le"
_NOISE = 1e-12  # relative: counts this close are equal, and were torn apart by rounding


def histogram_quantile(samples: Vector, share: float) -> Vector:
    """The value below which a share of each histogram's observations lies.

    Args:
        samples: Cumulative buckets; those without a number in `le` are left out.
        share: 0 to 1; below gives minus infinity, above plus infinity.
    """
    return _of_each_histogram(samples, lambda buckets: _quantile(_smoothed(buckets), share))


def histogram_fraction(samples: Vector, low: float, high: float) -> Vector:
    """The share of each histogram's observations that lie between two values."""
    return _of_each_histogram(samples, lambda buckets: _fraction(buckets, low, high))


Buckets = list[tuple[float, float]]


def _of_each_histogram(samples: Vector, evaluate: Callable[[Buckets], float]) -> Vector:
    histograms: dict[Labels, dict[float, float]] = {}
    for sample in samples:
        labels, bound = _split(sample.labels)
        if bound is not None:
            counts = histograms.setdefault(labels, {})
            counts[bound] = counts.get(bound, 0.0) + sample.value
    return [Sample(labels.nameless, evaluate(sorted(counts.items()))) for labels, counts in histograms.items()]


@lru_cache(maxsize=8192)
def _split(labels: Labels) -> tuple[Labels, float | None]:
    try:
        bound = float(labels.value(BUCKET_LABEL))
    except ValueError:
        return labels, None
    return labels.without((BUCKET_LABEL,)), None if math.isnan(bound) else bound


def _smoothed(buckets: Iterable[tuple[float, float]]) -> Buckets:
    """Make counts grow from bucket to bucket, as they must, and even out what only rounding tells apart."""
    smoothed: Buckets = []
    for bound, count in buckets:
        before = smoothed[-1][1] if smoothed else -math.inf
        same = math.isclose(before, count, rel_tol=_NOISE)
        smoothed.append((bound, before if same or count < before else count))
    return smoothed


def _quantile(buckets: Buckets, share: float) -> float:
    if math.isnan(share):
        return math.nan
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
    if len(buckets) < 2 or buckets[-1][0] != math.inf or not buckets[-1][1]:
        return math.nan
    rank = share * buckets[-1][1]
    index = bisect_left(buckets, 1, 0, len(buckets) - 1, key=lambda bucket: bucket[1] >= rank)  # NaN reaches no rank
    bound, count = buckets[index]
    if index == len(buckets) - 1:
        return buckets[-2][0]
    if index == 0 and bound <= 0:
        return bound
    lower_bound, lower_count = buckets[index - 1] if index else (0.0, 0.0)
    return lower_bound + (bound - lower_bound) * divide(rank - lower_count, count - lower_count)


def _fraction(buckets: Buckets, low: float, high: float) -> float:
    observations = buckets[-1][1]
    if buckets[-1][0] != math.inf or not observations or math.isnan(low) or math.isnan(high):
        return math.nan
    if low >= high:
        return 0.0
    return (_rank(buckets, high) - _rank(buckets, low)) / observations


def _rank(buckets: Buckets, value: float) -> float:
    """How many observations lie below a value, taken to be spread evenly over each bucket."""
    lower_bound, lower_count = (0.0 if buckets[0][0] > 0 else -math.inf), 0.0
    for bound, count in buckets:
        if value <= lower_bound:
            return lower_count
        if value < bound:
            return _between(lower_count, count, (value - lower_bound) / (bound - lower_bound))
        lower_bound, lower_count = bound, count
    return lower_count


def _between(lower: float, upper: float, share: float) -> float:
    return upper if math.isnan(share) else lower + (upper - lower) * share
