"""Every way in which telemetry is written, pushed to the real receiver and told apart by its body alone."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import pytest

from harness.events import Event, TelemetryRejected
from harness.telemetry import LogStore, Sink
from harness.telemetry.receiver import telemetry_app
from tests.harness.telemetry.payloads import (
    AT,
    NANOSECONDS,
    attributes,
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

SOLD = otlp(total("pizzas_sold", point(attributes=attributes(source="pizza"))))
CALLED = otlp(gauge("service_latency", point(asDouble="12.34"), unit="ms"))
LOGGED = otlp_logs(log_record(severityText="ERROR"), **{"service.name": "pizza"})
WRITTEN = snapped(series((1.5, AT * 1000), __name__="up", job="pizza"))
EXPOSED = b'# TYPE up gauge\nup{job="pizza"} 1\n'
LINE = [NANOSECONDS, '{"statusCode": 500}']


class Kept:
    """A store that remembers what it was given, in words."""

    def __init__(self) -> None:
        self.samples: list[str] = []

    def append(self, labels: Mapping[str, str], at: float, value: float) -> None:
        others = ",".join(f"{name}={text}" for name, text in sorted(labels.items()) if not name.startswith("__"))
        self.samples.append(f"{labels['__name__']}{{{others}}} {value:g} @{at - AT:g}")


def push(body: bytes) -> tuple[httpx.Response, list[str], list[Event]]:
    """Post a body to the real application without a content type; give the reply, what was kept, what was recorded."""
    kept, logs, events = Kept(), LogStore(), list[Event]()
    sink = Sink(store=kept, logs=logs, incident=lambda at: datetime.fromtimestamp(at, UTC))
    app = telemetry_app(sink, now=lambda: AT + 7.0, record=events.append)

    async def posting() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sink") as client:
            return await client.post("/whatever/path", content=body)

    reply = asyncio.run(posting())
    lines = [f"{line.labels} {line.line} @{line.at - AT:g}" for line in logs.between(0.0, 2.0 * AT)]
    return reply, kept.samples + lines, events


@pytest.mark.parametrize(
    ("body", "status", "answer", "kept"),
    [
        pytest.param(SOLD, 200, b"{}", ["pizzas_sold_total{source=pizza} 5 @0"], id="OTLP JSON"),
        pytest.param(protobuf(SOLD), 200, b"", ["pizzas_sold_total{source=pizza} 5 @0"], id="OTLP protobuf"),
        pytest.param(LOGGED, 200, b"{}", ["{'service_name': 'pizza'} a line @0"], id="OTLP logs JSON"),
        pytest.param(protobuf_logs(LOGGED), 200, b"", ["{'service_name': 'pizza'} a line @0"], id="OTLP logs protobuf"),
        pytest.param(b"request,method=GET get=5\n", 204, b"", ["request_get{method=GET} 5 @7"], id="Influx lines"),
        pytest.param(EXPOSED, 200, b"", ["up{job=pizza} 1 @7"], id="Prometheus text"),
        pytest.param(WRITTEN, 204, b"", ["up{job=pizza} 1.5 @0"], id="remote write"),
        pytest.param(loki(LINE, app="a"), 204, b"", [f"{{'app': 'a'}} {LINE[1]} @0"], id="Loki JSON"),
        pytest.param(
            snapped(stream('{app="a"}', (AT, "x"))), 204, b"", ["{'app': 'a'} x @0"], id="Loki protobuf in snappy"
        ),
    ],
)
def test_push_is_told_by_its_body_stored_and_answered_as_its_sender_expects(
    body: bytes, status: int, answer: bytes, kept: list[str]
) -> None:
    reply, found, events = push(body)
    assert (reply.status_code, reply.content, found) == (status, answer, kept)
    assert [type(event).__name__ for event in events] in (["MetricsReceived"], ["LogsReceived"])


@pytest.mark.parametrize(
    "body", [SOLD, protobuf(SOLD), LOGGED, protobuf_logs(LOGGED), EXPOSED, b"m n=5", loki(LINE, a="b")]
)
def test_push_in_gzip_is_the_same_push(body: bytes) -> None:
    plain, packed = push(body), push(gzip.compress(body))
    assert (packed[0].status_code, packed[1]) == (plain[0].status_code, plain[1])
    assert plain[1]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        pytest.param(CALLED, ["service_latency_milliseconds{} 12.34 @0"], id="a number in quotes"),
        pytest.param(otlp(gauge("a", point(timeUnixNano=AT * 10**9))), ["a_ratio{} 5 @0"], id="a time as a number"),
        pytest.param(otlp(gauge("a", {"timeUnixNano": NANOSECONDS})), ["a_ratio{} 0 @0"], id="no value, stored as 0"),
        pytest.param(
            otlp(gauge("a", point(), unit="1"), gauge("a", point(), unit="%")),
            ["a_ratio{} 5 @0", "a_percent{} 5 @0"],
            id="one name with two units",
        ),
        pytest.param(
            otlp({"name": "Pizzas Sold", "sum": total("x", point())["sum"]}), ["Pizzas_Sold_total{} 5 @0"], id="no unit"
        ),
        pytest.param(b'm,source=a b=t,text="x",c=2i', ["m_b{source=a} 1 @7", "m_c{source=a} 2 @7"], id="Influx types"),
    ],
)
def test_oddity_of_real_forks_is_accepted(body: bytes, kept: list[str]) -> None:
    reply, found, _ = push(body)
    assert reply.is_success
    assert found == kept


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(otlp(total("a", point(asInt=None))), "asInt", id="NaN from JSON.stringify"),
        pytest.param(otlp(total("a", point(asInt=45.2))), "45.2", id="a fraction in asInt"),
        pytest.param(otlp(total("a", point(asInt="45.23"))), "45.23", id="toFixed(2) in asInt"),
        pytest.param(loki([1, "line"], app="a"), "", id="a Loki time that is a number"),
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b'{"hello": 1}', "neither OTLP metrics or logs nor a Loki push", id="other JSON"),
        pytest.param(b'up{job="a"} one\n', "Influx lines", id="neither text"),
    ],
)
def test_what_grafana_cloud_refuses_is_refused_whole_with_its_reason(body: bytes, reason: str) -> None:
    reply, found, events = push(body)
    assert (reply.status_code, found) == (400, [])
    assert reason in reply.text
    assert [type(event) for event in events] == [TelemetryRejected]


def test_sum_without_cumulative_temporality_is_left_out_and_named() -> None:
    both = otlp(total("a", point(), aggregationTemporality=1), total("b", point()))
    reply, found, events = push(both)
    assert (reply.status_code, found) == (200, ["b_total{} 5 @0"])
    assert [event.reason for event in events if isinstance(event, TelemetryRejected)] != []
