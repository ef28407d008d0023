"""Every mistake in every way of writing: what is stored of it, or that it cannot be made there."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import get_args

import pytest

from harness.events import TelemetryRejected
from harness.faults.troubles import Spoiling
from harness.telemetry.bodies import Wire, opened
from harness.telemetry.logs import LogStore
from harness.telemetry.pushes import STALE
from harness.telemetry.sink import Sink
from harness.telemetry.spoiling import Spoiler, misdate
from harness.telemetry.spoiling.formats import FORMATS
from tests.harness.telemetry import payloads
from tests.harness.telemetry.payloads import AT, attributes, gauge, point, total

LIMIT = 100_000
NOW = AT + 5.0


def metrics(sold: int, cpu: float) -> bytes:
    """A push of a counter and a gauge in OTLP's JSON."""
    measured = {"timeUnixNano": payloads.NANOSECONDS, "asDouble": cpu, "attributes": attributes(host="a")}
    return payloads.otlp(total("sold", point(asInt=sold)), gauge("cpu", measured, unit=""))


def exposed(sold: int, cpu: float) -> bytes:
    return (
        f'# HELP sold_total Sold.\n# TYPE sold_total counter\nsold_total{{host="a"}} {sold} {AT}000\n'
        f"# TYPE cpu gauge\ncpu {cpu} {AT}000\n"
    ).encode()


def lines(sold: int, cpu: float) -> bytes:
    return f'pizza,host=a sold={sold}i,cpu={cpu},ok=true,name="a b, c=1" {payloads.NANOSECONDS}\n'.encode()


def written(sold: int, cpu: float) -> bytes:
    counter = payloads.series((float(sold), AT * 1000), __name__="sold_total", host="a")
    return payloads.snapped(counter + payloads.series((cpu, AT * 1000), __name__="cpu", host="a"))


LOKI = payloads.loki([payloads.NANOSECONDS, "a line"], app="a")
LOKI_PROTOBUF = payloads.snapped(payloads.stream('{app="a"}', (AT, "a line")))
LOGS = payloads.otlp_logs(payloads.log_record(), **{"service.name": "a"})

FIRST: Mapping[Wire, bytes] = {
    Wire.OTLP_JSON: metrics(12, 40.5),
    Wire.OTLP_PROTOBUF: payloads.protobuf(metrics(12, 40.5)),
    Wire.REMOTE_WRITE: written(12, 40.5),
    Wire.INFLUX: lines(12, 40.5),
    Wire.PROMETHEUS_TEXT: exposed(12, 40.5),
    Wire.LOKI: LOKI,
    Wire.LOKI_PROTOBUF: LOKI_PROTOBUF,
    Wire.OTLP_LOGS_JSON: LOGS,
    Wire.OTLP_LOGS_PROTOBUF: payloads.protobuf_logs(LOGS),
}
SECOND: Mapping[Wire, bytes] = {
    **FIRST,
    Wire.OTLP_JSON: metrics(20, 90.0),
    Wire.OTLP_PROTOBUF: payloads.protobuf(metrics(20, 90.0)),
    Wire.REMOTE_WRITE: written(20, 90.0),
    Wire.INFLUX: lines(20, 90.0),
    Wire.PROMETHEUS_TEXT: exposed(20, 90.0),
}

NOT_IN_SNAPPY = [wire for wire in Wire if wire not in {Wire.REMOTE_WRITE, Wire.LOKI_PROTOBUF}]

REFUSED = "refused"

SAYING_THE_END = (Wire.OTLP_JSON, Wire.OTLP_PROTOBUF, Wire.REMOTE_WRITE)
WITH_KINDS = (*SAYING_THE_END, Wire.PROMETHEUS_TEXT)

STORED: Mapping[Spoiling, Mapping[Wire, object]] = {
    "no_points": {
        **{wire: {} for wire in FIRST},
        Wire.INFLUX: REFUSED,  # nothing is left of the body
    },
    "no_value": {
        Wire.OTLP_JSON: {"sold_total": 0.0, "cpu": 0.0},
        Wire.OTLP_PROTOBUF: {"sold_total": 0.0, "cpu": 0.0},
        Wire.REMOTE_WRITE: {"sold_total": 0.0, "cpu": 0.0},
        Wire.INFLUX: REFUSED,
        Wire.PROMETHEUS_TEXT: {"sold_total": AT * 1000.0, "cpu": AT * 1000.0},  # the time is read for the value
        Wire.LOKI: REFUSED,
        Wire.LOKI_PROTOBUF: {"": ""},
        Wire.OTLP_LOGS_JSON: {"": ""},
        Wire.OTLP_LOGS_PROTOBUF: {"": ""},
    },
    "null": {
        Wire.OTLP_JSON: REFUSED,
        Wire.INFLUX: REFUSED,
        Wire.PROMETHEUS_TEXT: REFUSED,
        Wire.LOKI: REFUSED,
        Wire.OTLP_LOGS_JSON: {"": ""},
    },
    "text": {
        Wire.OTLP_JSON: REFUSED,
        Wire.INFLUX: {"pizza_ok": 1.0},  # a text is no sample
        Wire.PROMETHEUS_TEXT: REFUSED,
    },
    "no_longer_recorded": {wire: {"sold_total": STALE, "cpu": STALE} for wire in SAYING_THE_END},
    "frozen_gauge": {wire: {"sold_total": 20.0, "cpu": 40.5} for wire in WITH_KINDS},
    "counter_reset": {wire: {"sold_total": 8.0, "cpu": 90.0} for wire in WITH_KINDS},
}
"""What is stored of the second push; a format that is not here has no words for the mistake."""


class Kept:
    """A sink, and what it stored."""

    def __init__(self) -> None:
        self.values: dict[str, float | str] = {}
        self.stamps: set[float] = set()
        self._logs = LogStore()
        self._sink = Sink(store=self, logs=self._logs, incident=lambda at: datetime.fromtimestamp(at, UTC))

    def append(self, labels: Mapping[str, str], at: float, value: float) -> None:
        self.values[labels["__name__"]] = value
        self.stamps.add(at)

    def receive(self, body: bytes) -> bool:
        """Take a push; whether it was taken."""
        handled = self._sink.receive(body, now=NOW)
        for line in self._logs.between(0.0, 2.0 * AT):
            self.values[""] = line.line
            self.stamps.add(line.at)
        return not any(isinstance(event, TelemetryRejected) and event.status >= 400 for event in handled.events)


def stored(body: bytes) -> object:
    kept = Kept()
    return kept.values if kept.receive(body) else REFUSED


def same(one: object, other: object) -> bool:
    """Whether both are the same to the bit: a NaN is no other, and not even itself."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one == other
    return {name: _bits(value) for name, value in one.items()} == {name: _bits(value) for name, value in other.items()}


def _bits(value: object) -> object:
    return struct.pack("<d", value) if isinstance(value, float) else value


def test_every_way_of_writing_is_known_and_is_what_it_is_called() -> None:
    assert set(FORMATS) == set(Wire) == set(FIRST)
    assert {wire: opened(body, max_bytes=LIMIT)[0] for wire, body in FIRST.items()} == {wire: wire for wire in Wire}


@pytest.mark.parametrize("how", get_args(Spoiling))
@pytest.mark.parametrize("wire", Wire, ids=lambda wire: wire.value)
def test_mistake_is_stored_as_its_format_can_say_it_or_is_not_made(wire: Wire, how: Spoiling) -> None:
    spoiler = Spoiler(how)
    first, _ = spoiler.spoil(FIRST[wire], max_bytes=LIMIT)
    second, changed = spoiler.spoil(SECOND[wire], max_bytes=LIMIT)
    assert (wire in STORED[how]) == (how in FORMATS[wire].mistakes)
    if wire in STORED[how]:
        assert changed > 0
        assert same(stored(second), STORED[how][wire])
    else:
        assert (first, second, changed) == (FIRST[wire], SECOND[wire], 0)


@pytest.mark.parametrize("wire", Wire, ids=lambda wire: wire.value)
@pytest.mark.parametrize("by_seconds", [-600, 90])
def test_every_timestamp_moves_whatever_the_format(wire: Wire, by_seconds: int) -> None:
    body, changed = misdate(FIRST[wire], by_seconds=by_seconds, max_bytes=LIMIT)
    kept = Kept()
    assert kept.receive(body)
    assert changed > 0
    assert kept.stamps == {AT + by_seconds}
    plain = Kept()
    plain.receive(FIRST[wire])
    assert kept.values == plain.values


@pytest.mark.parametrize("wire", [Wire.INFLUX, Wire.PROMETHEUS_TEXT])
def test_line_without_a_time_has_none_to_move(wire: Wire) -> None:
    body = FIRST[wire].replace(f" {payloads.NANOSECONDS}".encode(), b"").replace(f" {AT}000".encode(), b"")
    assert misdate(body, by_seconds=60, max_bytes=LIMIT) == (body, 0)


@pytest.mark.parametrize(("precision", "digits"), [("ns", 9), ("us", 6), ("ms", 3), ("s", 0)])
def test_influx_lines_move_in_the_unit_that_their_address_says(precision: str, digits: int) -> None:
    body = f"cpu value=1 {AT}{'0' * digits}".encode()
    moved, changed = misdate(body, by_seconds=-60, max_bytes=LIMIT, precision=precision)
    assert (moved, changed) == (f"cpu value=1 {AT - 60}{'0' * digits}".encode(), 1)


def test_influx_lines_in_a_unit_that_nobody_knows_stay() -> None:
    assert misdate(b"cpu value=1 5", by_seconds=-60, max_bytes=LIMIT, precision="weeks") == (b"cpu value=1 5", 0)


@pytest.mark.parametrize("wire", NOT_IN_SNAPPY, ids=lambda wire: wire.value)
def test_packed_push_is_changed_like_a_plain_one(wire: Wire) -> None:
    plain = Spoiler("no_value").spoil(FIRST[wire], max_bytes=LIMIT)
    assert Spoiler("no_value").spoil(gzip.compress(FIRST[wire]), max_bytes=LIMIT) == plain


@pytest.mark.parametrize(
    "body",
    [
        b"cpu value=",
        b"cpu_total{ 1\n",
        b'{"streams": [{"stream": {}, "values": [["1", "x"]]}]}',
        b'{"streams": [{"stream": {"a": "b"}, "values": [[1]]}]}',
        b'{"resourceLogs": [1, {"scopeLogs": [{"logRecords": [2]}]}]}',
        payloads.snapped(b"\n\x05no"),
        b"\n\xff\x00",
    ],
)
@pytest.mark.parametrize("how", get_args(Spoiling))
def test_push_that_cannot_be_read_comes_out_as_it_went_in(body: bytes, how: Spoiling) -> None:
    assert Spoiler(how).spoil(body, max_bytes=LIMIT) == (body, 0)
    assert misdate(body, by_seconds=5, max_bytes=LIMIT) == (body, 0)


def test_exposed_line_without_a_value_and_a_time_is_refused() -> None:
    body, changed = Spoiler("no_value").spoil(b'up{job="a b"} 1\n', max_bytes=LIMIT)
    assert (stored(body), changed) == (REFUSED, 1)


def test_what_comes_between_lines_stays() -> None:
    body = b"# a remark\n\ncpu value=1\n  # another\nmem,a=b used=2i,free=3 7\n"
    spoilt, changed = Spoiler("null").spoil(body, max_bytes=LIMIT)
    assert spoilt == b"# a remark\n\ncpu value=null\n  # another\nmem,a=b used=null,free=null 7\n"
    assert changed == 3


def test_influx_text_and_truth_are_no_numbers_and_stay() -> None:
    body = b'm a="x=1, y=2",b=true,c=F,d\\,e=5,f="two\nlines" 9'
    assert Spoiler("text").spoil(body, max_bytes=LIMIT)[0] == body.replace(b"=5,", b'="5.00",')


def test_counter_without_a_type_is_told_by_its_name() -> None:
    spoiler = Spoiler("counter_reset")
    spoiler.spoil(b"a_total 5\nb 5\n", max_bytes=LIMIT)
    assert spoiler.spoil(b"a_total 7\nb 7\n", max_bytes=LIMIT) == (b"a_total 2.0\nb 7\n", 1)


def test_counter_that_began_anew_by_itself_is_sent_as_it_is() -> None:
    spoiler = Spoiler("counter_reset")
    spoiler.spoil(b"a_total 50\n", max_bytes=LIMIT)
    assert spoiler.spoil(b"a_total 7\n", max_bytes=LIMIT) == (b"a_total 7\n", 0)


def test_remote_write_keeps_what_is_no_sample() -> None:
    kept = payloads.field(3, payloads.field(1, 2) + payloads.field(2, "up"))
    body = payloads.snapped(payloads.series((1.0, 1), __name__="up") + kept)
    spoilt, changed = Spoiler("no_value").spoil(body, max_bytes=LIMIT)
    assert changed == 1
    assert opened(spoilt, max_bytes=LIMIT)[1].endswith(kept)


def test_loki_json_keeps_what_is_attached_to_a_line() -> None:
    body = payloads.loki([payloads.NANOSECONDS, "a line", {"trace": "x"}], app="a")
    moved, _ = misdate(body, by_seconds=60, max_bytes=LIMIT)
    assert json.loads(moved)["streams"][0]["values"] == [[f"{AT + 60}000000000", "a line", {"trace": "x"}]]
