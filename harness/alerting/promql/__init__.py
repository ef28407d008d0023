"""An embedded PromQL engine: a store of series, and expressions over it.

    store = SeriesStore()
    store.append({"__name__": "http_requests_total", "status": "500"}, at=60.0, value=3.0)
    compile("sum(http_requests_total) > 2").at(store, now=75.0)

Pure: no sockets, no clock; the moment to evaluate at comes in as an argument.
"""

from harness.alerting.promql.analysis import Threshold, longest_window, metric_names, split_threshold
from harness.alerting.promql.errors import EvaluationError, LimitExceeded, ParseError, PromQLError
from harness.alerting.promql.expression import Expression, compile  # noqa: A004 - as in re.compile
from harness.alerting.promql.labels import METRIC_NAME, Labels
from harness.alerting.promql.limits import Limits
from harness.alerting.promql.moment import DEFAULT_DIALECT, Dialect, Semantics
from harness.alerting.promql.store import STALE_NAN, SeriesStore
from harness.alerting.promql.values import Kind, Matrix, Points, Sample, Scalar, String, Value, Vector

__all__ = [
    "DEFAULT_DIALECT",
    "METRIC_NAME",
    "STALE_NAN",
    "Dialect",
    "EvaluationError",
    "Expression",
    "Kind",
    "Labels",
    "LimitExceeded",
    "Limits",
    "Matrix",
    "ParseError",
    "Points",
    "PromQLError",
    "Sample",
    "Scalar",
    "Semantics",
    "SeriesStore",
    "String",
    "Threshold",
    "Value",
    "Vector",
    "compile",
    "longest_window",
    "metric_names",
    "split_threshold",
]
