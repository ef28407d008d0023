"""One number out of all values inside a window: avg_over_time and its family."""

import math
from collections.abc import Callable, Mapping

from harness.alerting.promql import rates
from harness.alerting.promql.numeric import drifting_mean, highest, lowest, mean, quantile, total, variance_over_time
from harness.alerting.promql.windows import Window


def avg_over_time(window: Window) -> float:
    """The average of the values."""
    values = window.values
    return mean(values) if window.frame.semantics.reckons_as_3 else drifting_mean(values, compensates=True)


def quantile_over_time(window: Window, share: float) -> float:
    """The value below which a share of the values lies."""
    return quantile(window.values, share)


def mad_over_time(window: Window) -> float:
    """The median distance from the median; NaN if any value is."""
    values = window.values
    if any(map(math.isnan, values)):
        return math.nan
    median = quantile(values, 0.5)
    return quantile([abs(value - median) for value in values], 0.5)


def _time_of_last(window: Window, wanted: float) -> float:
    """When a value was last seen, in seconds; the last moment where there is none but NaN."""
    backwards = zip(reversed(window.times), reversed(window.values), strict=True)
    return next((time for time, value in backwards if value == wanted), window.times[-1]) / 1000


RangeFunction = Callable[..., float | None]

RANGE_FUNCTIONS: Mapping[str, RangeFunction] = {
    "avg_over_time": avg_over_time,
    "changes": rates.changes,
    "count_over_time": lambda window: float(len(window)),
    "delta": rates.delta,
    "deriv": rates.deriv,
    "double_exponential_smoothing": rates.double_exponential_smoothing,
    "first_over_time": lambda window: window.series.values[window.first],
    "holt_winters": rates.double_exponential_smoothing,
    "idelta": rates.idelta,
    "increase": rates.increase,
    "irate": rates.irate,
    "last_over_time": lambda window: window.series.values[window.stop - 1],
    "mad_over_time": mad_over_time,
    "max_over_time": lambda window: highest(window.values),
    "min_over_time": lambda window: lowest(window.values),
    "predict_linear": rates.predict_linear,
    "present_over_time": lambda _: 1.0,
    "quantile_over_time": quantile_over_time,
    "rate": rates.rate,
    "resets": rates.resets,
    "stddev_over_time": lambda window: math.sqrt(variance_over_time(window.values)),
    "stdvar_over_time": lambda window: variance_over_time(window.values),
    "sum_over_time": lambda window: total(window.values),
    "ts_of_first_over_time": lambda window: window.series.times[window.first] / 1000,
    "ts_of_last_over_time": lambda window: window.series.times[window.stop - 1] / 1000,
    "ts_of_max_over_time": lambda window: _time_of_last(window, highest(window.values)),
    "ts_of_min_over_time": lambda window: _time_of_last(window, lowest(window.values)),
}
"""Every function of one window, by its PromQL name; further scalar arguments follow the window."""

KEEPS_NAME = frozenset({"first_over_time", "last_over_time"})
"""Those whose result is still a sample of the metric, and keeps its name."""
