from __future__ import annotations

import gzip
from functools import partial

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.telemetry.bodies import Wire, decoded, opened, unpacked
from harness.telemetry.pushes import PushRefused
from tests.harness.telemetry.payloads import (
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

packed = partial(gzip.compress, mtime=0)  # the time of packing would be in the names of the tests
WRITE = series((1.5, 1_733_055_840_000), __name__="up", job="pizza")
LOKI = stream('{component="pizza"}', (1_733_055_840, "a line"))


def wire_of(body: bytes) -> Wire:
    return opened(body, max_bytes=10_000)[0]


@pytest.mark.parametrize(
    ("body", "wire"),
    [
        (otlp(gauge("a", point())), Wire.OTLP_JSON),
        (b'\r\n { "resourceMetrics": [] }', Wire.OTLP_JSON),
        (b'{"extra": {"streams": 1}, "resourceMetrics": []}', Wire.OTLP_JSON),
        (loki(["1", "line"], source="s"), Wire.LOKI),
        (b'{"extra": [], "streams": []}', Wire.LOKI),
        (protobuf(otlp(gauge("a", point()))), Wire.OTLP_PROTOBUF),
        (protobuf(otlp(total("a", {"asDouble": 1.5}), gauge("inf", point(flags=1)))), Wire.OTLP_PROTOBUF),
        (otlp_logs(log_record()), Wire.OTLP_LOGS_JSON),
        (protobuf_logs(otlp_logs(log_record())), Wire.OTLP_LOGS_PROTOBUF),
        (protobuf_logs(otlp_logs(log_record(timeUnixNano="0", observedTimeUnixNano="5"))), Wire.OTLP_LOGS_PROTOBUF),
        (b"up 1", Wire.PROMETHEUS_TEXT),
        (b'# TYPE up gauge\n\n up{job="a,b=1 c"} 1 1733055840000\n', Wire.PROMETHEUS_TEXT),
        (b'x{a="}\\"",b="{"} +Inf\n', Wire.PROMETHEUS_TEXT),
        (b"up NaN\n", Wire.PROMETHEUS_TEXT),
        (b"# a comment\nup,job=a 1=1", Wire.INFLUX),
        (b"up value=1", Wire.INFLUX),
        (b"up Info=1", Wire.INFLUX),
        (b"up 1=1", Wire.INFLUX),
        (b"m{x} n=1", Wire.INFLUX),
        (snapped(WRITE), Wire.REMOTE_WRITE),
        (snapped(series(__name__="{")), Wire.REMOTE_WRITE),
        (snapped(b""), Wire.REMOTE_WRITE),
        (snapped(LOKI), Wire.LOKI_PROTOBUF),
        (snapped(stream('{component="' + "p" * 300 + '"}', (5, "x" * 3000))), Wire.LOKI_PROTOBUF),
        (b"request,source=s,method=GET get=5\n", Wire.INFLUX),
        (b"\nrequest get=5", Wire.INFLUX),
    ],
)
def test_wire_of_a_body_is_told_from_the_body_alone(body: bytes, wire: Wire) -> None:
    assert wire_of(body) is wire


def test_wire_of_protobuf_that_looks_like_json_after_its_tag_is_protobuf() -> None:
    body = b"\n{" + b"\x12" + bytes(122)
    assert wire_of(body) is Wire.OTLP_PROTOBUF


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        (snapped(WRITE), WRITE),
        (snapped(LOKI), LOKI),
        (packed(snapped(WRITE)), WRITE),
        (packed(b"m n=1"), b"m n=1"),
        (protobuf(otlp(gauge("a", point()))), protobuf(otlp(gauge("a", point())))),
    ],
)
def test_opened_body_is_without_gzip_and_snappy(body: bytes, plain: bytes) -> None:
    assert opened(body, max_bytes=10_000)[1] == plain


def test_opened_body_that_snappy_would_make_too_large_is_refused_as_that() -> None:
    with pytest.raises(PushRefused, match="larger than the 10000 bytes") as refused:
        wire_of(snapped(field(1, bytes(20_000))))
    assert refused.value.status == 413


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b"{}", "neither OTLP metrics or logs nor a Loki push. Its keys: none"),
        (b'{"resourceSpans": [], "a": 1}', "Its keys: 'resourceSpans', 'a'"),
        (b'{"a": ', "JSON: Input data was truncated"),
        (
            b"\x00\x01\x02",
            "the body is binary (it begins 00 01 02) but not OTLP protobuf, and the snappy block is dama",
        ),
        (snapped(WRITE)[:-1], "the snappy block is damaged at byte"),
    ],
)
def test_wire_of_a_body_that_is_nothing_known_says_what_it_is(body: bytes, reason: str) -> None:
    with pytest.raises(PushRefused) as refused:
        wire_of(body)
    assert reason in str(refused.value)


@settings(deadline=None)
@given(body=st.binary(max_size=200))
def test_unpacked_gives_back_what_was_packed(body: bytes) -> None:
    assert unpacked(packed(body), max_bytes=200) == body


def test_unpacked_of_several_gzip_members_joins_them() -> None:
    assert unpacked(packed(b"one ") + packed(b"two"), max_bytes=200) == b"one two"


@pytest.mark.parametrize("body", [bytes(101), packed(bytes(101)), packed(bytes(100)) * 2])
def test_unpacked_of_more_than_is_allowed_is_refused_as_too_large(body: bytes) -> None:
    with pytest.raises(PushRefused, match="larger than the 100 bytes") as refused:
        unpacked(body, max_bytes=100)
    assert refused.value.status == 413


def test_unpacked_of_a_gzip_bomb_stops_at_the_limit() -> None:
    bomb = packed(bytes(20_000_000), compresslevel=1)
    with pytest.raises(PushRefused, match="larger than"):
        unpacked(bomb, max_bytes=len(bomb))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (packed(b"some text")[:-9], "ends too early"),
        (packed(b"some text")[:12] + b"junk that is no deflate stream", "is damaged"),
        (packed(b"some text") + b"tail", "is damaged"),
    ],
)
def test_unpacked_of_damaged_gzip_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(PushRefused, match=reason) as refused:
        unpacked(body, max_bytes=1000)
    assert refused.value.status == 400


class Inner(msgspec.Struct):
    count: int = 0


class Outer(msgspec.Struct):
    inner: list[Inner] = []
    text: str = ""


OUTER = msgspec.json.Decoder(Outer)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            b'{"name": "pizzas", "inner": [{}, {"count": "five"}]}',
            "thing: Expected `int`, got `str` - at `$.inner[1].count`: 'five' (metric 'pizzas').",
        ),
        (b'{"inner": [{"count": [1]}]}', "thing: Expected `int`, got `array` - at `$.inner[0].count`."),
        (b'{"inner": 1}', "thing: Expected `array`, got `int` - at `$.inner`: 1."),
        (b"[]", "thing: Expected `object`, got `array`."),
        (b'{"inner": [}', "thing: JSON is malformed: invalid character (byte 11)."),
        (b'{"text": "\xff"}', "thing: 'utf-8' codec can't decode byte 0xff"),
        (b'{"inner": [1]', "thing: Expected `object`, got `int` - at `$.inner[0]`."),
        (b'{"inner": [1]' + b"[" * 100_000, "thing: "),
        (b'{"a": ' + b"[" * 100_000, "thing: it is nested too deeply."),
    ],
)
def test_decoded_json_that_does_not_fit_is_refused_with_what_and_where(body: bytes, reason: str) -> None:
    with pytest.raises(PushRefused) as refused:
        decoded(OUTER, body, what="thing")
    assert reason in str(refused.value)
