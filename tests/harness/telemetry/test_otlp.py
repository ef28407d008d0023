from __future__ import annotations

import struct
from typing import Any

import pytest

from harness.alerting.promql.store import is_stale
from harness.telemetry import STALE, PushRefused, Sample
from harness.telemetry.otlp import read_json, read_protobuf
from tests.harness.telemetry.payloads import AT, NANOSECONDS, attributes, gauge, otlp, point, protobuf, total


def read(body: bytes) -> tuple[list[Sample], list[str]]:
    warnings: list[str] = []
    return read_json(body, warn=warnings.append), warnings


def histogram(*points: Any, temporality: Any = 2) -> dict[str, Any]:
    return {"name": "t", "unit": "s", "histogram": {"aggregationTemporality": temporality, "dataPoints": list(points)}}


BUCKETS = {"timeUnixNano": NANOSECONDS, "explicitBounds": [0.1, "1"], "bucketCounts": ["1", 2, 3], "count": "6"}


def test_metric_of_the_course_helper_becomes_one_sample() -> None:
    sent = otlp(total("http_requests", point(attributes=attributes(source="jwt-pizza-service", method="GET"))))
    labels = {"__name__": "http_requests_total", "source": "jwt-pizza-service", "method": "GET"}
    assert read(sent) == ([Sample(labels, float(AT), 5.0)], [])


def test_metric_with_many_data_points_becomes_many_samples() -> None:
    samples, _ = read(otlp(gauge("g", *(point(asInt=number) for number in range(3)), unit="")))
    assert [sample.value for sample in samples] == [0.0, 1.0, 2.0]


def test_metric_without_unit_attributes_or_resource_is_read() -> None:
    samples, _ = read(otlp({"name": "cpu", "gauge": {"dataPoints": [{"asInt": 1}]}}))
    assert samples == [Sample({"__name__": "cpu"}, None, 1.0)]


def test_metrics_of_one_name_and_different_units_become_different_series() -> None:
    samples, _ = read(otlp(gauge("latency", point(), unit="ms"), gauge("latency", point(), unit="s")))
    assert [sample.labels["__name__"] for sample in samples] == ["latency_milliseconds", "latency_seconds"]


def test_sum_that_is_not_monotonic_has_no_total() -> None:
    samples, _ = read(otlp(total("users", point(), isMonotonic=False)))
    assert samples[0].labels == {"__name__": "users"}


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        (NANOSECONDS, AT),
        (AT * 10**9, AT),
        (float(AT * 10**9), AT),
        ("1733055840250000000", AT + 0.25),
        (0, None),
        ("0", None),
    ],
)
def test_timestamp_in_any_way_that_services_write_it_is_read(stamp: Any, at: float | None) -> None:
    samples, _ = read(otlp(gauge("g", point(timeUnixNano=stamp))))
    assert samples[0].at == at


def test_point_without_a_value_is_zero_without_a_warning() -> None:
    samples, warnings = read(otlp(total("sold", {"timeUnixNano": NANOSECONDS})))
    assert (samples[0].value, warnings) == (0.0, [])


def test_point_with_no_recorded_value_is_the_stale_marker_of_the_store() -> None:
    samples, _ = read(otlp(total("sold", point(flags=1))))
    assert is_stale(samples[0].value)
    assert struct.pack("<d", samples[0].value) == struct.pack("<d", STALE)


@pytest.mark.parametrize("flags", [0, 2, "2"])
def test_point_with_other_flags_keeps_its_value(flags: Any) -> None:
    samples, _ = read(otlp(total("sold", point(flags=flags))))
    assert samples[0].value == 5.0


def test_point_with_double_value_is_read_with_a_warning() -> None:
    samples, warnings = read(otlp(gauge("cpu", {"doubleValue": 3.5})))
    assert samples[0].value == 3.5
    assert warnings == ["metric 'cpu': 'doubleValue' was read as 'asDouble'; Grafana does not know it"]


@pytest.mark.parametrize("metric", [total("sold"), gauge("sold"), histogram() | {"name": "sold"}])
def test_metric_without_data_points_is_dropped_with_a_warning(metric: dict[str, Any]) -> None:
    samples, warnings = read(otlp(metric, gauge("cpu", point())))
    assert [sample.labels["__name__"] for sample in samples] == ["cpu_ratio"]
    assert warnings == ["metric 'sold' has no data points and was dropped"]


UNFIT = [
    (total("sold", point(), aggregationTemporality=1), "a sum of aggregationTemporality 1; only 2"),
    (total("sold", point(), aggregationTemporality="AGGREGATION_TEMPORALITY_DELTA"), "'AGGREGATION_TEMPORALITY_DELTA'"),
    (total("sold", point(), aggregationTemporality=0), "a sum of aggregationTemporality 0"),
    ({"name": "sold", "sum": {"dataPoints": [point()]}}, "a sum of aggregationTemporality 0"),
    (histogram(BUCKETS, temporality=1), "a histogram of aggregationTemporality 1"),
    ({"name": "sold"}, "metric 'sold': unsupported metric type"),
    ({"name": "t", "summary": {"dataPoints": [{}]}}, "metric 't': summaries cannot be kept. Send a histogram"),
    (
        {"name": "t", "exponentialHistogram": {"dataPoints": [{"count": "3"}], "aggregationTemporality": 2}},
        "metric 't': exponential histograms cannot be kept. Send explicit buckets: OTEL_EXPORTER_OTLP_METRICS_DEFAULT",
    ),
    (gauge("", point(), unit=""), "nothing is left of its name"),
    (gauge("!", point(), unit=""), "nothing is left of its name"),
    (gauge("sold", point(attributes=attributes(**{"": "x"}))), "nothing is left of the attribute key ''"),
]


@pytest.mark.parametrize(("metric", "reason"), UNFIT)
def test_metric_that_cannot_be_stored_alone_in_a_push_refuses_it(metric: dict[str, Any], reason: str) -> None:
    with pytest.raises(PushRefused) as refused:
        read_json(otlp(metric))
    assert reason in str(refused.value)
    assert refused.value.status == 400


@pytest.mark.parametrize(("metric", "reason"), UNFIT)
def test_metric_that_cannot_be_stored_beside_others_is_left_out(metric: dict[str, Any], reason: str) -> None:
    samples, warnings = read(otlp(gauge("cpu", point(), unit="%"), metric))
    assert [sample.labels["__name__"] for sample in samples] == ["cpu_percent"]
    assert reason in warnings[0]


def test_metric_whose_last_point_is_unfit_leaves_none_of_its_points() -> None:
    bad = gauge("sold", point(), point(attributes=attributes(**{"!": "x"})))
    samples, _ = read(otlp(gauge("cpu", point()), bad))
    assert len(samples) == 1


def test_histogram_becomes_cumulative_buckets_sum_and_count() -> None:
    samples, _ = read(otlp(histogram({**BUCKETS, "sum": 4.5, "attributes": attributes(route="/")})))
    found = [(sample.labels["__name__"], sample.labels.get("le"), sample.value) for sample in samples]
    assert found == [
        ("t_seconds_bucket", "0.1", 1.0),
        ("t_seconds_bucket", "1", 3.0),
        ("t_seconds_bucket", "+Inf", 6.0),
        ("t_seconds_sum", None, 4.5),
        ("t_seconds_count", None, 6.0),
    ]
    assert {(sample.labels["route"], sample.at) for sample in samples} == {("/", AT)}


def test_histogram_without_a_sum_has_none() -> None:
    samples, _ = read(otlp(histogram(BUCKETS)))
    assert [sample.labels["__name__"] for sample in samples][-2:] == ["t_seconds_bucket", "t_seconds_count"]


def test_histogram_with_no_recorded_value_is_stale_throughout() -> None:
    samples, _ = read(otlp(histogram({**BUCKETS, "flags": 1})))
    assert len(samples) == 4
    assert all(is_stale(sample.value) for sample in samples)


def test_resource_names_job_and_instance_over_attributes_of_the_same_name() -> None:
    sender = attributes(**{"service.name": "pizza", "service.instance.id": "task-1"})
    samples, _ = read(otlp(gauge("cpu", point(attributes=attributes(job="mine"))), resource=sender))
    assert samples == [Sample({"__name__": "cpu_ratio", "job": "pizza", "instance": "task-1"}, float(AT), 5.0)]


def test_resource_with_more_attributes_adds_target_info_at_the_newest_time() -> None:
    sender = attributes(**{"service.name": "pizza", "cloud.region": "us-east-1"})
    samples, _ = read(otlp(gauge("cpu", point(), point(timeUnixNano=f"{AT + 5}000000000")), resource=sender))
    assert samples[-1] == Sample(
        {"__name__": "target_info", "job": "pizza", "cloud_region": "us-east-1"}, float(AT + 5), 1.0
    )


@pytest.mark.parametrize("sender", [attributes(region="x"), attributes(**{"service.name": "pizza"})])
def test_resource_without_a_name_or_without_more_adds_no_target_info(sender: Any) -> None:
    samples, _ = read(otlp(gauge("cpu", point()), resource=sender))
    assert len(samples) == 1


def test_resource_with_an_unfit_attribute_loses_target_info_alone() -> None:
    sender = attributes(**{"service.name": "pizza", "!": "x"})
    samples, warnings = read(otlp(gauge("cpu", point()), resource=sender))
    assert [sample.labels["__name__"] for sample in samples] == ["cpu_ratio"]
    assert "target_info: nothing is left of the attribute key '!'" in warnings[0]


@pytest.mark.parametrize(
    "body",
    [
        otlp(total("sold", point(attributes=attributes(source="s"))), resource=attributes(**{"service.name": "p"})),
        otlp(gauge("cpu", point(asInt=0), point(asDouble=1.5, asInt=None) | {"asDouble": 1.5}), gauge("none")),
        otlp(histogram({**BUCKETS, "sum": 4.5})),
        otlp(total("inf", {"asDouble": "Infinity"}), total("gone", point(flags=1))),
        otlp(total("sold", point(), aggregationTemporality=1), gauge("cpu", point())),
    ],
)
def test_protobuf_is_read_as_its_json_is(body: bytes) -> None:
    body = body.replace(b'"asInt": null, ', b"")
    from_json, said_of_json = read(body)
    warnings: list[str] = []
    from_protobuf = read_protobuf(protobuf(body), warn=warnings.append)
    assert [(s.labels, s.at, struct.pack("<d", s.value)) for s in from_protobuf] == [
        (s.labels, s.at, struct.pack("<d", s.value)) for s in from_json
    ]
    assert len(warnings) == len(said_of_json)


def test_protobuf_that_is_cut_off_is_refused() -> None:
    with pytest.raises(PushRefused, match="OTLP protobuf: "):
        read_protobuf(protobuf(otlp(gauge("cpu", point())))[:-3])
