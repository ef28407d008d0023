"""OTLP metrics, read into samples as Prometheus and Mimir store them.

Rules of this file: what Grafana Cloud cannot decode refuses the whole push; a metric that it decodes and cannot store
is left out and named, and the push is refused when nothing else is left of it; a metric without data points is left
out with a warning; a data point without a value is 0, as it is there.

Source: prometheus storage/remote/otlptranslator (commit d15adb9), metrics_to_prw.go and number_data_points.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from google.protobuf import json_format, message  # type: ignore[import-untyped]
from msgspec import UNSET, Raw
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from harness.telemetry.bodies import Wire, decoded
from harness.telemetry.naming import Instrument, metric_name
from harness.telemetry.otlp_attributes import IDENTITY, Unfit, identity, labels, number, texts
from harness.telemetry.otlp_shapes import (
    CUMULATIVE,
    NO_RECORDED_VALUE,
    Gauge,
    Histogram,
    HistogramPoint,
    Metric,
    MetricsRequest,
    NumberPoint,
    Resource,
    ResourceMetrics,
    Sum,
    metrics_decoder,
)
from harness.telemetry.pushes import STALE, PushRefused, Sample, Warn, unheard


def read_json(body: bytes, *, warn: Warn = unheard) -> list[Sample]:
    """Read a push of OTLP metrics in JSON.

    Args:
        body: as it was sent, without gzip.
        warn: told of each metric that was left out, and of each that Grafana would have read otherwise.

    Raises:
        PushRefused: when Grafana Cloud would have refused it.
    """
    return _read(decoded(metrics_decoder, body, what=Wire.OTLP_JSON), warn)


def read_protobuf(body: bytes, *, warn: Warn = unheard) -> list[Sample]:
    """Read a push of OTLP metrics in protobuf, by way of its JSON, so that one set of rules holds for both.

    Raises:
        PushRefused: when Grafana Cloud would have refused it.
    """
    request = ExportMetricsServiceRequest()
    try:
        request.ParseFromString(body)
        text = json_format.MessageToJson(request, indent=None, ensure_ascii=False)
    except (message.DecodeError, json_format.Error) as error:
        raise PushRefused(f"{Wire.OTLP_PROTOBUF}: {error}.") from error
    return _read(decoded(metrics_decoder, text.encode(), what=Wire.OTLP_PROTOBUF), warn)


def _read(request: MetricsRequest, warn: Warn) -> list[Sample]:
    push = _Push(warn)
    for resource in request.resource_metrics or ():
        push.add(resource)
    if push.refused and not push.samples:
        raise PushRefused("; ".join(push.refused))
    for reason in push.refused:
        warn(f"{reason}; it was left out")
    return push.samples


class _Push:
    """One push on its way into samples."""

    def __init__(self, warn: Warn) -> None:
        self.samples: list[Sample] = []
        self.refused: list[str] = []
        self._warn = warn
        self._known: dict[bytes, Mapping[str, str]] = {}

    def add(self, sent: ResourceMetrics) -> None:
        resource = texts((sent.resource or Resource()).attributes, of="the resource")
        sender = identity(resource)
        first = len(self.samples)
        for scope in sent.scope_metrics or ():
            for metric in scope.metrics or ():
                self._add_metric(metric, sender)
        self._add_target_info(resource, sender, self.samples[first:])

    def _add_target_info(self, resource: Mapping[str, str], sender: Mapping[str, str], sent: Iterable[Sample]) -> None:
        others = {key: text for key, text in resource.items() if key not in IDENTITY}
        stamps = [sample.at for sample in sent]
        if not (sender and others and stamps):
            return
        newest = max((at for at in stamps if at is not None), default=None)
        try:
            self.samples.append(Sample({**labels(others), **sender, "__name__": "target_info"}, newest, 1.0))
        except Unfit as unfit:
            self.refused.append(f"target_info: {unfit}")

    def _add_metric(self, metric: Metric, sender: Mapping[str, str]) -> None:
        first = len(self.samples)
        try:
            self._add_points(metric, sender)
        except Unfit as unfit:
            del self.samples[first:]
            self.refused.append(f"{_called(metric)}: {unfit}")
            return
        if len(self.samples) == first:
            self._warn(f"{_called(metric)} has no data points and was dropped")

    def _add_points(self, metric: Metric, sender: Mapping[str, str]) -> None:
        if metric.sum is not UNSET:
            total = metric.sum or Sum()
            _demand_cumulative("sum", total.aggregation_temporality)
            name = _name(metric, "counter" if total.is_monotonic else "other")
            self._add_numbers(total.data_points or (), metric=metric, series={**sender, "__name__": name})
        elif metric.gauge is not UNSET:
            series = {**sender, "__name__": _name(metric, "gauge")}
            self._add_numbers((metric.gauge or Gauge()).data_points or (), metric=metric, series=series)
        elif metric.histogram is not UNSET:
            histogram = metric.histogram or Histogram()
            _demand_cumulative("histogram", histogram.aggregation_temporality)
            for point in histogram.data_points or ():
                series = {**self._labels(point.attributes, metric), **sender}
                self.samples += _histogram(point, series=series, name=_name(metric, "other"))
        else:
            raise Unfit(_why_not(metric))

    def _add_numbers(self, points: Iterable[NumberPoint], *, metric: Metric, series: Mapping[str, str]) -> None:
        for point in points:
            mine = {**self._labels(point.attributes, metric), **series}
            self.samples.append(Sample(mine, _instant(point.time_unix_nano), _value(point)))
            if point.double_value is not UNSET:
                self._warn(f"{_called(metric)}: 'doubleValue' was read as 'asDouble'; Grafana does not know it")

    def _labels(self, attributes: Raw, metric: Metric) -> Mapping[str, str]:
        sent = bytes(attributes)
        made = self._known.get(sent)
        if made is None:
            try:
                made = self._known[sent] = _usual_labels(sent)
            except (PushRefused, Unfit):
                return labels(texts(attributes, of=_called(metric)))  # which says whose they are
        return made


@lru_cache(maxsize=1024)  # a service sends the same ones with each push
def _usual_labels(attributes: bytes) -> Mapping[str, str]:
    return labels(texts(Raw(attributes), of="a metric"))


def _called(metric: Metric) -> str:
    return f"metric {(metric.name or '')[:80]!r}"


def _name(metric: Metric, instrument: Instrument) -> str:
    name = metric_name(metric.name or "", unit=metric.unit or "", instrument=instrument)
    if not name:
        raise Unfit("nothing is left of its name, which needs a letter or a digit")
    return name


def _why_not(metric: Metric) -> str:
    """Say why a metric of another type is not stored, and what to send instead."""
    if metric.exponential_histogram is not UNSET:
        return (
            "exponential histograms cannot be kept. Send explicit buckets: "
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION=explicit_bucket_histogram"
        )
    if metric.summary is not UNSET:
        return "summaries cannot be kept. Send a histogram with explicit buckets"
    return "unsupported metric type. Known: 'gauge', 'sum', 'histogram'"


def _demand_cumulative(kind: str, temporality: int | str) -> None:
    if temporality not in CUMULATIVE:
        raise Unfit(
            f"invalid temporality and type combination: a {kind} of aggregationTemporality {temporality!r}; "
            "only 2 (AGGREGATION_TEMPORALITY_CUMULATIVE) can be stored"
        )


def _instant(nanoseconds: float | str) -> float | None:
    # Protobuf cannot tell 0 from unset, and no service was there in 1970.
    return int(nanoseconds) / 10**9 or None


def _value(point: NumberPoint) -> float:
    if point.flags and int(point.flags) & NO_RECORDED_VALUE:
        return STALE
    if point.as_double is not UNSET:
        return float(point.as_double)
    if point.as_int is not UNSET:
        return float(point.as_int)
    return 0.0 if point.double_value is UNSET else float(point.double_value)


def _histogram(point: HistogramPoint, *, series: Mapping[str, str], name: str) -> Iterator[Sample]:
    at = _instant(point.time_unix_nano)
    stale = bool(int(point.flags) & NO_RECORDED_VALUE)

    def sample(suffix: str, value: float, **more: str) -> Sample:
        return Sample({**series, **more, "__name__": name + suffix}, at, STALE if stale else value)

    seen = 0
    for bound, count in zip(point.explicit_bounds or (), point.bucket_counts or (), strict=False):
        seen += int(count)
        yield sample("_bucket", float(seen), le=number(float(bound)))
    yield sample("_bucket", float(point.count), le="+Inf")
    if point.sum is not UNSET:
        yield sample("_sum", float(point.sum))
    yield sample("_count", float(point.count))
