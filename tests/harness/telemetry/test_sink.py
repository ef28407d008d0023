from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.alerting.promql import SeriesStore
from harness.events import AnyEvent, Event, LogsReceived, MetricsReceived, TelemetryRejected
from harness.telemetry import Handled, LogStore, Reply, Sink
from harness.telemetry.sink import LONGEST_REASON, SampleStore
from tests.harness.telemetry.payloads import (
    AT,
    NANOSECONDS,
    attributes,
    field,
    gauge,
    log_record,
    loki,
    otlp,
    otlp_logs,
    point,
    protobuf,
    protobuf_logs,
    series,
    snapped,
    stream,
    total,
)

NOW = float(AT + 7)
GOOD = otlp(total("sold", point(attributes=attributes(source="pizza"))))
PROTOBUF = protobuf(GOOD)
INFLUX = f"request,source=pizza get=5 {NANOSECONDS}\n".encode()
LOKI = loki([NANOSECONDS, "a line"], component="pizza")
WRITE = series((5.0, AT * 1000), __name__="sold_total", source="pizza")
LOKI_PROTOBUF = stream('{component="pizza"}', (AT, "a line"))
OTLP_LOGS = otlp_logs(log_record(), **{"service.name": "pizza"})


class Kept:
    """A store that remembers what it was given."""

    def __init__(self) -> None:
        self.samples: list[tuple[dict[str, str], float, float]] = []

    def append(self, labels: Mapping[str, str], at: float, value: float) -> None:
        self.samples.append((dict(labels), at, value))


def incident(steady: float) -> datetime:
    """A timeline that made one jump of a day."""
    return datetime.fromtimestamp(steady, UTC) + timedelta(days=1)


class Bench:
    """A sink with its stores."""

    def __init__(self, store: SampleStore | None = None, **settings: Any) -> None:
        self.kept = Kept()
        self.logs = LogStore()
        self.sink = Sink(store=self.kept if store is None else store, logs=self.logs, incident=incident, **settings)

    def push(self, body: bytes, **more: Any) -> Handled:
        handled = self.sink.receive(body, now=NOW, **more)
        for event in handled.events:
            assert msgspec.json.decode(msgspec.json.encode(event), type=AnyEvent) == event
        return handled

    def is_empty(self) -> bool:
        return not self.kept.samples and not len(self.logs)


METRICS = MetricsReceived(source="pizza", samples=1, newest=incident(AT))
LOGS = LogsReceived(source="pizza", lines=1, newest=incident(AT))


@pytest.mark.parametrize(
    ("body", "reply", "event"),
    [
        (GOOD, Reply(200, b"{}", "application/json"), METRICS),
        (PROTOBUF, Reply(200, b"", "application/x-protobuf"), METRICS),
        (INFLUX, Reply(204), METRICS),
        (LOKI, Reply(204), LOGS),
        (snapped(WRITE), Reply(204), METRICS),
        (snapped(LOKI_PROTOBUF), Reply(204), LOGS),
        (OTLP_LOGS, Reply(200, b"{}", "application/json"), LOGS),
        (protobuf_logs(OTLP_LOGS), Reply(200, b"", "application/x-protobuf"), LOGS),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_push_of_each_wire_is_stored_and_answered(body: bytes, reply: Reply, event: Event, pack: Any) -> None:
    bench = Bench()
    assert bench.push(pack(body)) == Handled(reply, (event,))
    assert len(bench.kept.samples) + len(bench.logs) == 1


def test_push_of_metrics_arrives_in_the_store() -> None:
    bench = Bench()
    bench.push(GOOD)
    assert bench.kept.samples == [({"__name__": "sold_total", "source": "pizza"}, AT, 5.0)]


def test_push_of_metrics_fits_the_series_store() -> None:
    store = SeriesStore()
    Bench(store).push(otlp(total("sold", point(flags=1)), gauge("cpu", point())))
    assert (len(store), store.rejected) == (2, 0)


def test_push_of_samples_without_a_timestamp_gets_now() -> None:
    bench = Bench()
    handled = bench.push(b"request get=5,put=6")
    assert [at for _, at, _ in bench.kept.samples] == [NOW, NOW]
    assert handled.events == (MetricsReceived(source="unnamed", samples=2, newest=incident(NOW)),)


def test_push_from_a_clock_that_cannot_be_set_is_mapped_to_steady_time() -> None:
    bench = Bench(steady_of=lambda seconds: seconds - 100)
    metrics = bench.push(otlp(gauge("cpu", point(), {"asInt": 1})))
    logs = bench.push(LOKI)
    assert [at for _, at, _ in bench.kept.samples] == [AT - 100, NOW]
    assert [line.at for line in bench.logs.search()] == [AT - 100]
    assert metrics.events == (MetricsReceived(source="unnamed", samples=2, newest=incident(NOW)),)
    assert logs.events == (LogsReceived(source="pizza", lines=1, newest=incident(AT - 100)),)


def test_push_of_log_lines_without_a_time_gets_now() -> None:
    bench = Bench(steady_of=lambda seconds: seconds - 100)
    bench.push(otlp_logs(log_record(timeUnixNano="0")))
    assert [line.at for line in bench.logs.search()] == [NOW]


@pytest.mark.parametrize(
    ("labels", "source"),
    [
        ({"source": "a", "component": "b"}, "a"),
        ({"service_name": "a", "app": "b"}, "a"),
        ({"app": "a"}, "a"),
        ({"level": "info"}, "unnamed"),
    ],
)
def test_push_is_recorded_under_the_name_its_sender_gives_itself(labels: dict[str, str], source: str) -> None:
    (event,) = Bench().push(loki([NANOSECONDS, "x"], **labels)).events
    assert isinstance(event, LogsReceived)
    assert event.source == source


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is empty."),
        (b"{}", "neither OTLP metrics or logs nor a Loki push"),
        (
            otlp({"name": "t", "exponentialHistogram": {}}),
            "metric 't': exponential histograms cannot be kept. Send expl",
        ),
        (snapped(series(__name__="t", more=field(4, b""))), "series 't': native histograms cannot be kept"),
        (snapped(WRITE[:-1]), "Prometheus remote write: "),
        (snapped(stream("{}", (AT, "x"))), "Loki protobuf, stream 0: it has no labels"),
        (otlp_logs(log_record(timeUnixNano="-1")), "OTLP logs JSON: "),
        (otlp(gauge("ok", point()), gauge("revenue", point(asInt="45.23"))), "asInt`: '45.23' (metric 'revenue')"),
        (otlp(gauge("ok", point()), gauge("revenue", point(asInt=45.2))), "asInt`: 45.2 (metric 'revenue')"),
        (otlp(gauge("ok", point()), gauge("revenue", point(asInt=None))), "got `null`"),
        (otlp(total("sold", point(), aggregationTemporality=1)), "metric 'sold': invalid temporality"),
        (b"ok n=1\nrequest get=NaN", "line 2"),
        (loki([1733055840000000000, "x"], source="s"), "got `int`"),
        (GOOD[:-5], "Input data was truncated"),
        (gzip.compress(GOOD, mtime=0)[:-5], "ends too early"),
        (otlp(gauge("ok", point()), gauge("a", point(timeUnixNano="9" * 20))), "seconds after 1970"),
        (b"ok n=1\nm n=1 -5000000000", "a timestamp is -5 seconds after 1970, which no clock reads"),
        (loki(["-5000000000", "x"], source="s"), "a timestamp is -5 seconds"),
        (b'{"other": ' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_push_that_is_malformed_is_answered_400_and_nothing_of_it_is_stored(body: bytes, reason: str) -> None:
    bench = Bench()
    handled = bench.push(body, endpoint="/otlp/v1/metrics")
    (event,) = handled.events
    assert isinstance(event, TelemetryRejected)
    assert (event.endpoint, event.status) == ("/otlp/v1/metrics", 400)
    assert reason in event.reason
    assert handled.reply == Reply(400, event.reason.encode(), "text/plain; charset=utf-8")
    assert bench.is_empty()


def test_push_that_is_too_large_is_answered_413() -> None:
    bench = Bench(max_bytes=len(GOOD) - 1)
    assert bench.push(GOOD).reply.status == 413
    assert bench.push(gzip.compress(GOOD)).reply.status == 413
    assert bench.is_empty()


def test_push_with_a_metric_left_out_is_stored_and_recorded_with_the_status_of_success() -> None:
    handled = Bench().push(otlp(gauge("cpu", point()), gauge("sold")))
    assert handled.reply == Reply(200, b"{}", "application/json")
    assert handled.events == (
        MetricsReceived(source="unnamed", samples=1, newest=incident(AT)),
        TelemetryRejected(endpoint="/", status=200, reason="metric 'sold' has no data points and was dropped"),
    )


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (otlp(gauge("a"), gauge("b")), 200, "metric 'a' has no data points and was dropped; metric 'b' has no"),
        (b'{"resourceMetrics": []}', 200, "OTLP JSON: there was nothing in it to store"),
        (b'm text="x"', 204, "Influx lines: there was nothing in it to store"),
        (b'{"streams": []}', 204, "Loki JSON: there was nothing in it to store"),
        (b'{"resourceLogs": []}', 200, "OTLP logs JSON: there was nothing in it to store"),
        (snapped(b""), 204, "Prometheus remote write: there was nothing in it to store"),
        (snapped(field(3, field(2, "up"))), 204, "Prometheus remote write: it held metadata alone, which is not kept"),
    ],
)
def test_push_of_empty_data_is_accepted_and_recorded_as_such(body: bytes, status: int, reason: str) -> None:
    handled = Bench().push(body)
    (event,) = handled.events
    assert isinstance(event, TelemetryRejected)
    assert handled.reply.status == event.status == status
    assert reason in event.reason


def test_push_with_one_oddity_many_times_says_it_once() -> None:
    events = Bench().push(otlp(gauge("cpu", {"doubleValue": 1}, {"doubleValue": 2}))).events
    assert isinstance(events[1], TelemetryRejected)
    assert events[1].reason.count("doubleValue") == 1


def test_push_with_too_much_wrong_is_answered_in_bounds() -> None:
    body = otlp(*(gauge(f"metric number {number}") for number in range(1000)))
    (event,) = Bench().push(body).events
    assert isinstance(event, TelemetryRejected)
    assert len(event.reason) == LONGEST_REASON


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
points = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("asInt", "asDouble", "doubleValue", "timeUnixNano", "flags", "attributes", "count", "bucketCounts"),
        json_values,
    ),
)
metrics = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=8) | json_values,
        "unit": st.text(max_size=4) | json_values,
        "gauge": st.fixed_dictionaries({"dataPoints": st.lists(points, max_size=3)}) | json_values,
        "sum": st.fixed_dictionaries(
            {"dataPoints": st.lists(points, max_size=3), "aggregationTemporality": st.just(2)}
        ),
        "histogram": st.fixed_dictionaries({"dataPoints": st.lists(points), "aggregationTemporality": st.just(2)}),
    },
)
streams = st.fixed_dictionaries(
    {"stream": st.dictionaries(st.text(max_size=4), st.text(max_size=4) | json_values, max_size=2)},
    optional={"values": st.lists(st.lists(st.from_regex(r"[0-9]{1,22}", fullmatch=True) | json_values, max_size=4))},
)
bodies = st.one_of(
    st.binary(max_size=64),
    st.binary(max_size=64).map(lambda tail: b"\x1f\x8b\x08" + tail),
    st.binary(max_size=64).map(lambda tail: b"\n" + tail),
    st.binary(min_size=1, max_size=8).flatmap(
        lambda noise: st.integers(0, len(PROTOBUF)).map(lambda at: PROTOBUF[:at] + noise + PROTOBUF[at + 1 :])
    ),
    st.binary(max_size=64).map(snapped),
    st.sampled_from([snapped(WRITE), snapped(LOKI_PROTOBUF), protobuf_logs(OTLP_LOGS)]).flatmap(
        lambda sent: st.tuples(st.integers(0, len(sent)), st.binary(max_size=3)).map(
            lambda cut: sent[: cut[0]] + cut[1] + sent[cut[0] + 1 :]
        )
    ),
    st.text(alphabet=r'ab=,"\ 1eiu-.#' + "\nµ", max_size=40).map(str.encode),
    json_values.map(msgspec.json.encode),
    st.lists(metrics, max_size=3).map(lambda sent: otlp(*sent)),
    st.lists(streams, max_size=2).map(lambda sent: msgspec.json.encode({"streams": sent})),
)


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(body=bodies, pack=st.sampled_from([bytes, gzip.compress]))
def test_push_of_anything_is_answered_and_recorded(body: bytes, pack: Any) -> None:
    bench = Bench()
    handled = bench.push(pack(body))
    assert handled.reply.status in {200, 204, 400}
    assert handled.events
    assert (handled.reply.status == 400) <= bench.is_empty()
