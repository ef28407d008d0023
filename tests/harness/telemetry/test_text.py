from __future__ import annotations

import math

import pytest

from harness.telemetry import PushRefused, Sample
from harness.telemetry.text import read_exposition


def test_exposition_as_a_service_gives_it_is_read() -> None:
    body = b"""# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1733055840250
http_requests_total{ method = "get", } 3

up 1
temperature{} -1.5e3
# EOF
"""
    assert read_exposition(body) == [
        Sample({"__name__": "http_requests_total", "method": "post", "code": "200"}, 1_733_055_840.25, 1027.0),
        Sample({"__name__": "http_requests_total", "method": "get"}, None, 3.0),
        Sample({"__name__": "up"}, None, 1.0),
        Sample({"__name__": "temperature"}, None, -1500.0),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment"])
def test_exposition_of_nothing_is_empty(text: str) -> None:
    assert read_exposition(text.encode()) == []


def test_exposition_with_escapes_reads_them() -> None:
    (sample,) = read_exposition(rb'm{path="C:\\DIR",say="\"hi\"\n"} 1')
    assert sample.labels == {"__name__": "m", "path": "C:\\DIR", "say": '"hi"\n'}


@pytest.mark.parametrize(
    ("text", "value"), [("+Inf", math.inf), ("-Inf", -math.inf), ("inf", math.inf), (".5", 0.5), ("5.", 5)]
)
def test_exposition_of_a_special_number_reads_it(text: str, value: float) -> None:
    assert read_exposition(f"m {text}".encode())[0].value == value


def test_exposition_of_nan_is_nan() -> None:
    assert math.isnan(read_exposition(b"m NaN")[0].value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("m", "expected a value, the line ends"),
        ("m\nx 1", "Prometheus text, line 1, column 2: expected a value, the line ends"),
        ("m 1x", "expected a value, found '1x'"),
        ("m 1 1.5", "expected a timestamp in milliseconds or the end of the line, found '1.5'"),
        ("2m 1", "expected the name of a metric"),
        ("m{a=1} 1", "expected a value in double quotes for label 'a'"),
        ('m{a="1" b="2"} 1', "expected ',' or '}', found 'b=\"2\"} 1'"),
        ('m{a="1"', "expected ',' or '}', the line ends"),
        ('m{a "1"} 1', "expected '=' after the label's name"),
        ('m{"a"="1"} 1', "expected the name of a label, or '}'"),
    ],
)
def test_exposition_that_cannot_be_read_is_refused_and_says_where(text: str, reason: str) -> None:
    with pytest.raises(PushRefused) as refused:
        read_exposition(text.encode())
    assert reason in str(refused.value)
