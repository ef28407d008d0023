from __future__ import annotations

from typing import Any

import pytest

from harness.telemetry import LogLine, PushRefused
from harness.telemetry.otlp_logs import read_logs_json, read_logs_protobuf
from tests.harness.telemetry.payloads import AT, attributes, log_record, otlp_logs, protobuf_logs

PIZZA = {"service.name": "pizza", "service.instance.id": "task-1", "host.name": "h"}


def both(body: bytes) -> list[LogLine]:
    """Read it as JSON, and as protobuf, and see that they agree."""
    lines = read_logs_json(body)
    assert read_logs_protobuf(protobuf_logs(body)) == lines
    return lines


def test_record_becomes_a_line_of_its_services_stream() -> None:
    record = log_record(severityText="WARN", severityNumber=13, attributes=attributes(path="/api/order"))
    assert both(otlp_logs(record, **PIZZA)) == [
        LogLine(
            {"service_name": "pizza", "service_instance_id": "task-1"},
            float(AT),
            "a line",
            {"host_name": "h", "path": "/api/order", "severity_text": "WARN"},
        )
    ]


def test_record_of_nobody_is_an_unknown_services() -> None:
    assert both(otlp_logs(log_record()))[0].labels == {"service_name": "unknown_service"}


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"stringValue": "text"}, "text"),
        ({"intValue": "5"}, "5"),
        ({"kvlistValue": {"values": [{"key": "level", "value": {"stringValue": "error"}}]}}, '{"level":"error"}'),
        ({"arrayValue": {"values": [{"boolValue": True}]}}, "[true]"),
        ({}, ""),
    ],
)
def test_body_that_is_no_text_becomes_json(body: Any, line: str) -> None:
    assert both(otlp_logs(log_record(body=body)))[0].line == line


@pytest.mark.parametrize(
    ("times", "at"),
    [
        ({"timeUnixNano": f"{AT}000000000", "observedTimeUnixNano": "9"}, float(AT)),
        ({"timeUnixNano": "0", "observedTimeUnixNano": f"{AT}500000000"}, AT + 0.5),
        ({"timeUnixNano": "0"}, 0.0),
    ],
)
def test_time_is_the_records_own_or_when_it_was_observed_or_not_said(times: Any, at: float) -> None:
    assert both(otlp_logs(log_record(**times)))[0].at == at


def test_push_of_nothing_has_no_lines() -> None:
    assert read_logs_json(b'{"resourceLogs": null}') == both(otlp_logs()) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (otlp_logs(log_record(timeUnixNano="noon")), "OTLP logs JSON: .*'noon'"),
        (b'{"resourceLogs": 5}', "Expected `array | null`, got `int`"),
        (otlp_logs(log_record(attributes=[{"key": 5}])), "attributes of a log record"),
    ],
)
def test_push_that_does_not_fit_is_refused_and_says_where(body: bytes, why: str) -> None:
    with pytest.raises(PushRefused, match=why):
        read_logs_json(body)


def test_protobuf_that_is_damaged_is_refused() -> None:
    with pytest.raises(PushRefused, match="OTLP logs protobuf: "):
        read_logs_protobuf(protobuf_logs(otlp_logs(log_record()))[:-2])
