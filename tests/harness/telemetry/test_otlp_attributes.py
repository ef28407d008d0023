from __future__ import annotations

import json
import math
from typing import Any

import pytest
from msgspec import Raw

from harness.telemetry import PushRefused
from harness.telemetry.otlp_attributes import Unfit, identity, labels, number, texts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"stringValue": "GET"}, "GET"),
        ({"stringValue": None}, ""),
        ({"intValue": 200}, "200"),
        ({"intValue": "200"}, "200"),
        ({"boolValue": False}, "false"),
        ({"doubleValue": 0.5}, "0.5"),
        ({"doubleValue": 2}, "2"),
        ({"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": 1}]}}, '["a",1]'),
        ({"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": True}}]}}, '{"a":true}'),
        ({"bytesValue": "cGl6emE="}, "cGl6emE="),
        ({}, ""),
        (None, ""),
    ],
)
def test_texts_of_an_attribute_is_its_value_as_text(value: Any, text: str) -> None:
    assert texts(Raw(json.dumps([{"key": "k", "value": value}]).encode()), of="x") == {"k": text}


@pytest.mark.parametrize("sent", [b"", b"null", b"[]"])
def test_texts_of_no_attributes_is_empty(sent: bytes) -> None:
    assert texts(Raw(sent), of="x") == {}


def test_texts_of_attributes_nested_too_deeply_is_refused() -> None:
    deep = b'[{"key":"k","value":' + b'{"arrayValue":{"values":[' * 5000 + b"]}}" * 5000 + b"}]"
    with pytest.raises(PushRefused, match="attributes of metric 'm': it is nested too deeply"):
        texts(Raw(deep), of="metric 'm'")


def test_labels_that_collide_are_joined_in_order_of_their_keys() -> None:
    assert labels({"a.b": "two", "a-b": "one"}) == {"a_b": "one;two"}


def test_labels_without_a_value_are_left_out() -> None:
    assert labels({"source": "", "method": "GET"}) == {"method": "GET"}


def test_labels_of_a_key_of_which_nothing_is_left_are_unfit() -> None:
    with pytest.raises(Unfit, match="'!!'"):
        labels({"!!": "x"})


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"service.name": "pizza"}, {"job": "pizza"}),
        ({"service.name": "pizza", "service.namespace": "jwt"}, {"job": "jwt/pizza"}),
        ({"service.namespace": "jwt"}, {}),
        ({"service.instance.id": "7"}, {"instance": "7"}),
        ({"service.name": "", "other": "x"}, {}),
    ],
)
def test_identity_of_a_resource_is_job_and_instance(attributes: dict[str, str], found: dict[str, str]) -> None:
    assert identity(attributes) == found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.005, "0.005"),
        (10.0, "10"),
        (100.0, "100"),
        (2.5, "2.5"),
        (1e-7, "0.0000001"),
        (1e16, "10000000000000000"),
        (0.0, "0"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_number_is_written_as_go_writes_it(value: float, text: str) -> None:
    assert number(value) == text
