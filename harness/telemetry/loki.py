"""Loki's push API, in JSON and in protobuf, read into log lines.

Source: grafana/loki docs/sources/reference/loki-http-api.md, pkg/distributor/http.go, pkg/push/push.proto.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from harness.telemetry.bodies import Wire, decoded
from harness.telemetry.protobuf import message_types, parsed
from harness.telemetry.pushes import LogLine, PushRefused
from harness.telemetry.scanning import Cursor
from harness.telemetry.text import read_labels

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_BRACE = re.compile(r"\{")

_TYPES = message_types(
    "logproto",
    {
        "PushRequest": {"streams": (1, "repeated Stream")},
        "Stream": {"labels": (1, "string"), "entries": (2, "repeated Entry")},
        "Entry": {"timestamp": (1, "Timestamp"), "line": (2, "string"), "metadata": (3, "repeated Pair")},
        "Timestamp": {"seconds": (1, "int64"), "nanos": (2, "int32")},
        "Pair": {"name": (1, "string"), "value": (2, "string")},
    },
)
PushRequest = _TYPES["PushRequest"]
"""A push in protobuf."""


class _Entry(Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    nanoseconds: Annotated[str, Meta(pattern=r"\A-?[0-9]{1,19}\Z")]
    line: str
    metadata: dict[str, str] | None = None


class _Stream(Struct, gc=False):
    stream: dict[str, str]
    values: list[_Entry] | None = None


class _Push(Struct, gc=False):
    streams: list[_Stream] | None = None


_decoder: msgspec.json.Decoder[_Push] = msgspec.json.Decoder(_Push)


def read_push(body: bytes) -> list[LogLine]:
    """Read a push of log streams in JSON.

    Raises:
        PushRefused: when Loki would have refused it: a timestamp that is no text of nanoseconds, a line or a label that
            is no text, a stream without labels.
    """
    push = decoded(_decoder, body, what=Wire.LOKI)
    return [line for number, stream in enumerate(push.streams or ()) for line in _lines(stream, number)]


def read_protobuf_push(body: bytes) -> list[LogLine]:
    """Read a push of log streams in protobuf, as Promtail and Alloy send it.

    Args:
        body: as it was sent, without snappy.

    Raises:
        PushRefused: when Loki would have refused it.
    """
    push = parsed(PushRequest, body, what=Wire.LOKI_PROTOBUF)
    return [
        LogLine(
            labels,
            entry.timestamp.seconds + entry.timestamp.nanos / 10**9,
            entry.line,
            {pair.name: pair.value for pair in entry.metadata},
        )
        for number, stream in enumerate(push.streams)
        for labels in [_written_labels(stream.labels, number)]
        for entry in stream.entries
    ]


def _written_labels(text: str, number: int) -> dict[str, str]:
    cursor = Cursor(text.encode(), what=f"{Wire.LOKI_PROTOBUF}, stream {number}")
    cursor.demand(_BRACE, "labels in braces")
    labels = read_labels(cursor)
    if not labels:
        raise PushRefused(f"{Wire.LOKI_PROTOBUF}, stream {number}: it has no labels; at least one is needed.")
    return labels


def _lines(stream: _Stream, number: int) -> list[LogLine]:
    if not stream.stream:
        raise PushRefused(f"{Wire.LOKI}, stream {number}: it has no labels; at least one is needed.")
    for label in stream.stream:
        if not _LABEL.fullmatch(label):
            raise PushRefused(f"{Wire.LOKI}, stream {number}: {label[:40]!r} cannot be the name of a label.")
    return [
        LogLine(stream.stream, int(entry.nanoseconds) / 10**9, entry.line, entry.metadata or {})
        for entry in stream.values or ()
    ]
