"""What a body holds, told from its bytes.

The services of the course keep one `url` setting for whichever protocol they speak, send any content type or none, and
post to any path: only the body itself says what it is.
"""

from __future__ import annotations

import re
import zlib
from enum import StrEnum
from typing import TypeVar

import msgspec
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from harness.telemetry.pushes import PushRefused, too_large
from harness.telemetry.snappy import NotSnappy, unsnapped


class Wire(StrEnum):
    """A way in which telemetry is written."""

    OTLP_JSON = "OTLP JSON"
    OTLP_PROTOBUF = "OTLP protobuf"
    OTLP_LOGS_JSON = "OTLP logs JSON"
    OTLP_LOGS_PROTOBUF = "OTLP logs protobuf"
    REMOTE_WRITE = "Prometheus remote write"
    INFLUX = "Influx lines"
    PROMETHEUS_TEXT = "Prometheus text"
    LOKI = "Loki JSON"
    LOKI_PROTOBUF = "Loki protobuf"


T = TypeVar("T")

_GZIP = b"\x1f\x8b"
_OPENS_JSON = re.compile(rb'\s*\{\s*(?:"(resourceMetrics|resourceLogs|streams)")?')
_JSON_WIRES = {"resourceMetrics": Wire.OTLP_JSON, "resourceLogs": Wire.OTLP_LOGS_JSON, "streams": Wire.LOKI}
_OPENS_LOKI = re.compile(rb"\n[\x80-\xff]{0,4}[\x00-\x7f]\n[\x80-\xff]{0,4}[\x00-\x7f]\{")
"""A stream's labels in braces, where remote write has the first label of a series."""
_OPENS_EXPOSITION = re.compile(
    rb"(?:[ \t\r]*+(?:#[^\n]*+)?\n)*+[ \t]*+[a-zA-Z_:][a-zA-Z0-9_:]*+[ \t]*+"
    rb'(?:\{(?:[^"}\n]|"(?:\\.|[^"\\\n])*+")*+\}[ \t]*+|(?<=[ \t]))[-+0-9.INin]'
)
"""A name, perhaps labels in braces, and a number; an Influx line has a field's name and '=' there."""
_IS_FIELD = re.compile(rb"[^\s,]*=")
_NEVER_IN_TEXT = bytes([*range(0x09), *range(0x0E, 0x20)])
_NOT_A_NUMBER = re.compile(r"`str` matching regex '.*'|`float` that's a multiple of 1\.0")
_PATH = re.compile(r"`\$([^`]*)`$")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\[\.\.\.\]")
_keys: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])


def unpacked(body: bytes, *, max_bytes: int) -> bytes:
    """Undo gzip, if there is any.

    Raises:
        PushRefused: when the body is larger than `max_bytes`, packed or unpacked, or is damaged gzip.
    """
    plain = _gunzipped(body, enough=max_bytes + 1) if body.startswith(_GZIP) else body
    if max(len(plain), len(body)) > max_bytes:
        raise too_large(max_bytes)
    return plain


def _gunzipped(body: bytes, *, enough: int) -> bytes:
    """Undo gzip, but stop at `enough` bytes: a small body can unpack to more than there is memory."""
    plain = bytearray()
    while body and len(plain) < enough:
        member = zlib.decompressobj(wbits=31)
        try:
            plain += member.decompress(body, enough - len(plain))
        except zlib.error as error:
            raise PushRefused(f"the gzip body is damaged: {error}.") from error
        if not member.eof and len(plain) < enough:
            raise PushRefused(f"the gzip body ends too early; it unpacks to no more than {len(plain)} bytes.")
        body = member.unused_data
    return bytes(plain)


def opened(body: bytes, *, max_bytes: int) -> tuple[Wire, bytes]:
    """Undo gzip or snappy, if there is any, and say how the body is written.

    Raises:
        PushRefused: when it is in no way that is known here, damaged, or larger than `max_bytes`, packed or unpacked.
    """
    plain = unpacked(body, max_bytes=max_bytes)
    if not plain or plain.isspace():
        raise PushRefused("the body is empty.")
    begins = plain[:4096]
    if len(begins.translate(None, _NEVER_IN_TEXT)) == len(begins):
        return _text_wire(plain), plain
    try:
        block = unsnapped(plain, max_bytes=max_bytes)
    except NotSnappy as why:
        return _protobuf_wire(plain, why), plain
    return Wire.LOKI_PROTOBUF if _OPENS_LOKI.match(block) else Wire.REMOTE_WRITE, block


def _text_wire(body: bytes) -> Wire:
    opening = _OPENS_JSON.match(body)
    if opening is None:
        return _lines_wire(body)
    return _JSON_WIRES[opening[1].decode()] if opening[1] else _json_wire(body)


def _lines_wire(body: bytes) -> Wire:
    exposed = _OPENS_EXPOSITION.match(body)
    is_exposition = exposed is not None and not _IS_FIELD.match(body, exposed.end() - 1)
    return Wire.PROMETHEUS_TEXT if is_exposition else Wire.INFLUX


def _protobuf_wire(body: bytes, why: NotSnappy) -> Wire:
    # OTLP opens with the tag of resource_metrics or resource_logs, which is a line feed.
    if not body.startswith(b"\n"):
        begins = body[:8].hex(" ")
        raise PushRefused(f"the body is binary (it begins {begins}) but not OTLP protobuf, and {why} {_known()}")
    return Wire.OTLP_LOGS_PROTOBUF if _holds_logs(body) else Wire.OTLP_PROTOBUF


def _holds_logs(body: bytes) -> bool:
    """Tell logs from metrics: a record's times have numbers and types that nothing in a metric has."""
    request = ExportLogsServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError:
        return False
    records = (record for sent in request.resource_logs for scope in sent.scope_logs for record in scope.log_records)
    return any(record.time_unix_nano or record.observed_time_unix_nano for record in records)


def _json_wire(body: bytes) -> Wire:
    keys = decoded(_keys, body, what="JSON")
    for key, wire in _JSON_WIRES.items():
        if key in keys:
            return wire
    found = ", ".join(repr(key[:40]) for key in list(keys)[:5]) or "none"
    raise PushRefused(f"the JSON is neither OTLP metrics or logs nor a Loki push. Its keys: {found}. {_known()}")


def _known() -> str:
    return (
        "Known: OTLP metrics and logs (JSON with 'resourceMetrics' or 'resourceLogs', or protobuf), Loki (JSON with "
        "'streams', or protobuf in snappy), Prometheus remote write (protobuf in snappy), Prometheus text, Influx "
        "lines; all but those in snappy plain or in gzip."
    )


def decoded(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw, *, what: str) -> T:
    """Decode JSON, or say what is wrong with it, where, and in which metric.

    Raises:
        PushRefused: instead of anything the decoder raises.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise PushRefused(
            f"{what}: {_NOT_A_NUMBER.sub(_wanted, str(error))}{_found_at(bytes(body), error)}."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PushRefused(f"{what}: {error}.") from error
    except RecursionError as error:
        raise PushRefused(f"{what}: it is nested too deeply.") from error


def _wanted(constraint: re.Match[str]) -> str:
    return "a number" if "nan" in constraint[0] else "a whole number"


def _found_at(body: bytes, error: msgspec.ValidationError) -> str:
    """Show the value at the path that an error ends with, and the name of the metric around it."""
    path = _PATH.search(str(error))
    try:
        value: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""  # beyond the value that did not fit, it is no JSON at all
    metric = ""
    for step in _STEP.finditer(path[1] if path else ""):
        if isinstance(value, dict):
            metric = value["name"] if isinstance(value.get("name"), str) else metric
            value = value.get(step[1])
        elif isinstance(value, list) and step[2]:
            value = value[int(step[2])]
    shown = "" if isinstance(value, dict | list | None) else f": {repr(value)[:40]}"
    return shown + (f" (metric {metric[:80]!r})" if metric else "")
