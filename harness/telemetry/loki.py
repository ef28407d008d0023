"""Loki's push API in JSON, read into log lines.

Source: grafana/loki docs/sources/reference/loki-http-api.md, pkg/distributor/http.go.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from harness.telemetry.bodies import Wire, decoded
from harness.telemetry.pushes import LogLine, PushRefused

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


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
    """Read a push of log streams.

    Raises:
        PushRefused: when Loki would have refused it: a timestamp that is no text of nanoseconds, a line or a label that
            is no text, a stream without labels.
    """
    push = decoded(_decoder, body, what=Wire.LOKI)
    return [line for number, stream in enumerate(push.streams or ()) for line in _lines(stream, number)]


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
