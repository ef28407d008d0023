from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from harness.telemetry import PushRefused
from harness.telemetry.otlp import read_json
from tests.harness.telemetry.payloads import gauge, otlp, point, total


def value_of(**fields: Any) -> float:
    (sample,) = read_json(otlp(gauge("g", {"timeUnixNano": "1", **fields})))
    return sample.value


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"asInt": 5}, 5.0),
        ({"asInt": "5"}, 5.0),
        ({"asInt": "-5"}, -5.0),
        ({"asInt": 45.0}, 45.0),
        ({"asInt": 0}, 0.0),
        ({"asDouble": 12.34}, 12.34),
        ({"asDouble": "12.34"}, 12.34),
        ({"asDouble": 12}, 12.0),
        ({"asDouble": "1e3"}, 1000.0),
        ({"asDouble": "-Infinity"}, -math.inf),
        ({"doubleValue": 3.5}, 3.5),
        ({}, 0.0),
        ({"asInt": 5, "unheardOf": {"nested": [1]}}, 5.0),
    ],
)
def test_value_in_any_way_that_services_write_it_is_read(fields: dict[str, Any], value: float) -> None:
    assert value_of(**fields) == value


def test_value_of_the_text_nan_is_nan() -> None:
    assert math.isnan(value_of(asDouble="NaN"))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"asInt": None}, "Expected `int | float | str`, got `null` - at `$.resourceMetrics[0].scopeMetrics[0]."),
        ({"asInt": 45.2}, "Expected a whole number - at"),
        ({"asInt": 45.2}, "metrics[0].gauge.dataPoints[0].asInt`: 45.2 (metric 'g')."),
        ({"asInt": "45.23"}, "Expected a whole number - at"),
        ({"asInt": "45.23"}, "asInt`: '45.23' (metric 'g')."),
        ({"asInt": ""}, "Expected a whole number - at"),
        ({"asInt": "٣"}, "Expected a whole number - at"),
        ({"asInt": True}, "got `bool`"),
        ({"asInt": 2**63}, "9223372036854775807"),
        ({"asInt": 1e19}, "at `$.resourceMetrics[0].scopeMetrics[0].metrics[0].gauge.dataPoints[0].asInt`"),
        ({"asDouble": None}, "got `null`"),
        ({"asDouble": "12,34"}, "Expected a number - at"),
        ({"asDouble": "1_0"}, "Expected a number - at"),
        ({"asDouble": " 1"}, "Expected a number - at"),
        ({"timeUnixNano": None}, "got `null`"),
        ({"timeUnixNano": "now"}, "Expected a whole number - at"),
        ({"timeUnixNano": -1}, "Expected `int` >= 0"),
        ({"timeUnixNano": 1.5}, "Expected a whole number - at"),
        ({"flags": "x"}, "Expected a whole number - at"),
        ({"attributes": {"source": "s"}}, "attributes of metric 'g': Expected `array | null`, got `object`"),
        (
            {"attributes": [{"key": 1}]},
            "attributes of metric 'g': Expected `str | null`, got `int` - at `$[0].key`: 1.",
        ),
        ({"attributes": [{"key": "status", "value": {"stringValue": 200}}]}, "at `$[0].value.stringValue`: 200."),
    ],
)
def test_value_that_grafana_cannot_decode_refuses_the_whole_push(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(PushRefused) as refused:
        read_json(otlp(gauge("g", {"timeUnixNano": "1", **fields})))
    assert reason in str(refused.value)
    with pytest.raises(PushRefused):
        read_json(otlp(total("fine", point()), gauge("g", {"timeUnixNano": "1", **fields})))


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "undefined"])
def test_value_that_is_no_json_refuses_the_whole_push(literal: str) -> None:
    with pytest.raises(PushRefused, match="JSON is malformed"):
        read_json(otlp(gauge("g", {"asDouble": 7})).replace(b"7", literal.encode()))


@pytest.mark.parametrize(
    "change",
    [
        {"resourceMetrics": {}},
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": {"name": "a"}}]}]},
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": 5, "gauge": {}}]}]}]},
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "a", "sum": {"isMonotonic": "true"}}]}]}]},
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "a", "sum": {"aggregationTemporality": 7}}]}]}]},
    ],
)
def test_shape_that_is_not_otlp_is_refused(change: object) -> None:
    with pytest.raises(PushRefused, match="OTLP JSON: "):
        read_json(msgspec.json.encode(change))


@pytest.mark.parametrize(
    "request_",
    [
        {"resourceMetrics": None},
        {"resourceMetrics": []},
        {"resourceMetrics": [{"resource": None, "scopeMetrics": None}]},
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": None}]}]},
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "a", "gauge": None}]}]}]},
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "a", "gauge": {"dataPoints": None}}]}]}]},
    ],
)
def test_shape_with_null_for_a_list_or_an_object_holds_no_samples(request_: object) -> None:
    assert read_json(msgspec.json.encode(request_)) == []
