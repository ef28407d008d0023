"""How a series moves inside a window: rate and its family, trends and smoothing.

Each function takes a window, and scalars after it, and gives a value or nothing.
Those that need two samples give nothing for one. Sums and quotients are taken in Prometheus' order: a threshold that
is met exactly must be met here too.
"""

import math
from itertools import pairwise
from operator import mul

from harness.alerting.promql.errors import EvaluationError
from harness.alerting.promql.numeric import total
from harness.alerting.promql.windows import Window

_CLOSE_TO_EDGE = 1.1  # in average distances between samples: nearer than this, the series is taken to go on


def rate(window: Window) -> float | None:
    """How much a counter grew a second."""
    return _grown(window, over_seconds=(window.frame.end_ms - window.frame.start_ms) / 1000)


def increase(window: Window) -> float | None:
    """How much a counter grew over the window, what it lost to resets added back."""
    return _grown(window, over_seconds=1)


def _grown(window: Window, *, over_seconds: float) -> float | None:
    if len(window) < 2:
        return None
    series = window.series
    start = series.values[window.first]
    growth = series.values[window.stop - 1] - start
    if series.drop_times:
        for lost in window.drops:
            growth += lost
    sampled_to_zero = start / growth if growth > 0 and start >= 0 else math.inf
    return growth * (_extrapolation(window, sampled_to_zero=sampled_to_zero) / over_seconds)


def delta(window: Window) -> float | None:
    """How much a gauge changed over the window."""
    if len(window) < 2:
        return None
    values = window.series.values
    return (values[window.stop - 1] - values[window.first]) * _extrapolation(window, sampled_to_zero=math.inf)


def irate(window: Window) -> float | None:
    """How much a counter grew a second between the last two samples."""
    step = _last_step(window)
    if step is None:
        return None
    before, after, seconds = step
    return (after if after < before else after - before) / seconds


def idelta(window: Window) -> float | None:
    """How much a gauge changed between the last two samples."""
    step = _last_step(window)
    return None if step is None else step[1] - step[0]


def resets(window: Window) -> float:
    """How often a counter fell."""
    return float(len(window.drops))


def changes(window: Window) -> float:
    """How often the value changed; NaN after NaN is no change."""
    return float(sum(a != b and not (math.isnan(a) and math.isnan(b)) for a, b in pairwise(window.values)))


def deriv(window: Window) -> float | None:
    """The slope, a second, of the straight line that fits best."""
    return None if len(window) < 2 else _best_line(window, window.series.times[window.first])[0]


def predict_linear(window: Window, seconds: float) -> float | None:
    """Where the straight line that fits best will be, so many seconds from now."""
    if len(window) < 2:
        return None
    slope, height = _best_line(window, window.frame.now_ms)
    return slope * seconds + height


def double_exponential_smoothing(window: Window, smoothing: float, trend: float) -> float | None:
    """The last value, smoothed, along a trend that is smoothed too; `holt_winters` before Prometheus 3.

    Raises:
        EvaluationError: A factor is not between 0 and 1.
    """
    for name, factor in (("smoothing", smoothing), ("trend", trend)):
        if factor <= 0 or factor >= 1:  # NaN passes, as in Prometheus
            raise EvaluationError(f"the {name} factor is {factor:g}; it must lie between 0 and 1, ends excluded")
    if len(window) < 2:
        return None
    values = window.values
    slope = values[1] - values[0]
    before, level = values[0], smoothing * values[1] + (1 - smoothing) * (values[0] + slope)
    for value in values[2:]:
        slope = trend * (level - before) + (1 - trend) * slope
        before, level = level, smoothing * value + (1 - smoothing) * (level + slope)
    return level


def _extrapolation(window: Window, *, sampled_to_zero: float) -> float:
    """By how much to stretch a change between the first and last sample, to speak for the whole window.

    Args:
        window: At least two samples.
        sampled_to_zero: How long before its first sample a counter would have been 0, in sampled lengths.

    Source: Prometheus, promql/functions.go, extrapolatedRate; from 2.52 on it looks for zero after it judged the edge.
    """
    times, frame = window.series.times, window.frame
    first, last = times[window.first], times[window.stop - 1]
    sampled = (last - first) / 1000
    average = sampled / (len(window) - 1)
    to_zero = sampled * sampled_to_zero
    to_start = (first - frame.start_ms) / 1000
    if not frame.semantics.reckons_as_3:
        to_start = min(to_start, to_zero)
    if to_start >= average * _CLOSE_TO_EDGE:
        to_start = average / 2
    if frame.semantics.reckons_as_3:
        to_start = min(to_start, to_zero)
    to_end = (frame.end_ms - last) / 1000
    if to_end >= average * _CLOSE_TO_EDGE:
        to_end = average / 2
    return (sampled + to_start + to_end) / sampled


def _last_step(window: Window) -> tuple[float, float, float] | None:
    if len(window) < 2:
        return None
    values, times, last = window.series.values, window.series.times, window.stop - 1
    return values[last - 1], values[last], (times[last] - times[last - 1]) / 1000


def _best_line(window: Window, origin_ms: int) -> tuple[float, float]:
    """The slope a second and the height at the origin of the least-squares line.

    Prometheus 2 knows neither where a sum is infinite, because its compensation does not.
    """
    values, count = window.values, len(window)
    if values.count(values[0]) == count:
        return (math.nan, math.nan) if math.isinf(values[0]) else (0.0, values[0])
    seconds = [(time_ms - origin_ms) / 1000 for time_ms in window.times]
    sum_x, sum_y = total(seconds), total(values)
    sum_xy = total(list(map(mul, seconds, values)))
    if not window.frame.semantics.is_3 and not (math.isfinite(sum_y) and math.isfinite(sum_xy)):
        return math.nan, math.nan
    covariance = sum_xy - sum_x * sum_y / count
    spread = total(list(map(mul, seconds, seconds))) - sum_x * sum_x / count
    slope = covariance / spread
    return slope, sum_y / count - slope * sum_x / count
