from __future__ import annotations

import json
from typing import Any

import pytest

from harness.telemetry import LogLine, PushRefused
from harness.telemetry.loki import read_protobuf_push, read_push
from tests.harness.telemetry.payloads import AT, NANOSECONDS, field, loki, stream

LABELS = {"component": "jwt-pizza-service", "level": "info", "type": "http"}


def test_push_of_the_course_becomes_one_line() -> None:
    text = json.dumps({"path": "/api/order", "statusCode": 200, "resBody": '"{}"'})
    assert read_push(loki([NANOSECONDS, text], **LABELS)) == [LogLine(LABELS, float(AT), text)]


def test_push_with_structured_metadata_keeps_it() -> None:
    (line,) = read_push(loki([NANOSECONDS, "x", {"trace": "7"}], **LABELS))
    assert line.metadata == {"trace": "7"}


def test_push_of_many_streams_becomes_all_their_lines_in_order() -> None:
    streams = [{"stream": {"level": level}, "values": [["1", f"{level} 1"], ["2", f"{level} 2"]]} for level in "ab"]
    lines = read_push(json.dumps({"streams": streams}).encode())
    assert [line.line for line in lines] == ["a 1", "a 2", "b 1", "b 2"]


@pytest.mark.parametrize("streams", [None, [], [{"stream": LABELS, "values": []}], [{"stream": LABELS}]])
def test_push_without_values_has_no_lines(streams: Any) -> None:
    assert read_push(json.dumps({"streams": streams}).encode()) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            loki([1733055840000000000, "x"], **LABELS),
            "got `int` - at `$.streams[0].values[0][0]`: 1733055840000000000.",
        ),
        (loki(["now", "x"], **LABELS), "Expected a whole number - at `$.streams[0].values[0][0]`: 'now'."),
        (
            loki([NANOSECONDS, {"path": "/"}], **LABELS),
            "Expected `str`, got `object` - at `$.streams[0].values[0][1]`.",
        ),
        (loki([NANOSECONDS, None], **LABELS), "got `null`"),
        (loki([NANOSECONDS], **LABELS), "Expected `array` of at least length 2"),
        (loki([NANOSECONDS, "x", {"user": 5}], **LABELS), "Expected `str`, got `int`"),
        (loki([NANOSECONDS, "x", {}, 4], **LABELS), "`array`"),
        (loki([NANOSECONDS, "x"]), "Loki JSON, stream 0: it has no labels; at least one is needed."),
        (loki([NANOSECONDS, "x"], **{"user-id": "5"}), "stream 0: 'user-id' cannot be the name of a label."),
        (loki([NANOSECONDS, "x"], level=5), "Expected `str`, got `int` - at `$.streams[0].stream[...]`"),  # type: ignore[arg-type]
        (b'{"streams": [{"values": []}]}', "missing required field `stream`"),
        (b'{"streams": {}}', "Expected `array | null`, got `object`"),
    ],
)
def test_push_that_loki_would_refuse_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(PushRefused) as refused:
        read_push(body)
    assert reason in str(refused.value)


def test_push_that_is_refused_does_not_repeat_what_may_be_secret() -> None:
    with pytest.raises(PushRefused) as refused:
        read_push(loki([NANOSECONDS, {"token": "tttoken"}], **LABELS))
    assert "tttoken" not in str(refused.value)


STREAM = '{component="jwt-pizza-service", level="in\\"fo"}'


def test_push_in_protobuf_becomes_its_lines() -> None:
    metadata = field(3, field(1, "trace") + field(2, "7"))
    body = stream(STREAM, (AT, "a line"), (AT + 1, "another"), metadata=metadata) + stream('{a="b"}', (AT, ""))
    labels = {"component": "jwt-pizza-service", "level": 'in"fo'}
    assert read_protobuf_push(body) == [
        LogLine(labels, float(AT), "a line", {"trace": "7"}),
        LogLine(labels, AT + 1.0, "another", {"trace": "7"}),
        LogLine({"a": "b"}, float(AT), ""),
    ]


def test_push_in_protobuf_keeps_fractions_of_a_second() -> None:
    entry = field(2, field(1, field(1, AT) + field(2, 250_000_000)) + field(2, "x"))
    (line,) = read_protobuf_push(field(1, field(1, '{a="b"}') + entry))
    assert line.at == AT + 0.25


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (stream("{}", (AT, "x")), "Loki protobuf, stream 0: it has no labels"),
        (stream('{a="b"}', (AT, "x")) + stream("a=b", (AT, "x")), "stream 1, line 1, column 1: expected labels in bra"),
        (stream("{a=b}", (AT, "x")), "expected a value in double quotes for label 'a'"),
        (stream('{a="b"}', (AT, "x"))[:-1], "Loki protobuf: "),
    ],
)
def test_push_in_protobuf_that_does_not_fit_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(PushRefused) as refused:
        read_protobuf_push(body)
    assert reason in str(refused.value)
