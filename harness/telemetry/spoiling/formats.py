"""Every way in which telemetry is written, and which mistakes it has words for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import msgspec
from google.protobuf import json_format  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from harness.faults.troubles import Spoiling
from harness.telemetry import influx, text
from harness.telemetry.bodies import Wire
from harness.telemetry.loki import PushRequest, read_push
from harness.telemetry.protobuf import parsed
from harness.telemetry.remote_write import WriteRequest
from harness.telemetry.snappy import snapped
from harness.telemetry.spoiling import lines, loki, otlp, remote_write
from harness.telemetry.spoiling.mistakes import Mistake, Shift

ALL: frozenset[Spoiling] = frozenset(get_args(Spoiling))
NO_NUMBERS: frozenset[Spoiling] = frozenset({"no_points", "no_value"})
"""The mistakes that can be made with a log line in protobuf, which always holds a text."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a push is taken apart, spoilt, and put together again."""

    read: Callable[[bytes], Any]
    """Raises PushRefused, or the decoder's own error, for what cannot be read."""
    write: Callable[[Any], bytes]
    """What `read` gave, as bytes."""
    spoil: Callable[[Any, Mistake], int]
    """Changes what `read` gave, and says how much of it."""
    misdate: Callable[[Any, Shift], int]
    """Likewise."""
    mistakes: frozenset[Spoiling]
    """Those that can be written in it."""


def _as_objects(kind: Any) -> Callable[[bytes], Any]:  # noqa: ANN401 - protobuf's classes have no types
    return lambda body: json_format.MessageToDict(kind.FromString(body))


def _as_message(kind: Any) -> Callable[[Any], bytes]:  # noqa: ANN401 - as above
    return lambda pushed: bytes(json_format.ParseDict(pushed, kind()).SerializeToString())


def _packed(pushed: Any) -> bytes:  # noqa: ANN401 - as above
    return snapped(pushed.SerializeToString())


def _if_read(by: Callable[[bytes], object], then: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Take a body apart only if it can be read: otherwise whoever reads it says what is wrong with it."""

    def read(body: bytes) -> Any:  # noqa: ANN401 - as above
        by(body)
        return then(body)

    return read


FORMATS: Mapping[Wire, Format] = {
    Wire.OTLP_JSON: Format(msgspec.json.decode, msgspec.json.encode, otlp.spoil_metrics, otlp.misdate, ALL),
    Wire.OTLP_PROTOBUF: Format(
        _as_objects(ExportMetricsServiceRequest),
        _as_message(ExportMetricsServiceRequest),
        otlp.spoil_metrics,
        otlp.misdate,
        ALL - {"null", "text"},
    ),
    Wire.OTLP_LOGS_JSON: Format(
        msgspec.json.decode, msgspec.json.encode, otlp.spoil_logs, otlp.misdate, NO_NUMBERS | {"null"}
    ),
    Wire.OTLP_LOGS_PROTOBUF: Format(
        _as_objects(ExportLogsServiceRequest),
        _as_message(ExportLogsServiceRequest),
        otlp.spoil_logs,
        otlp.misdate,
        NO_NUMBERS,
    ),
    Wire.REMOTE_WRITE: Format(
        lambda body: parsed(WriteRequest, body, what=Wire.REMOTE_WRITE),
        _packed,
        remote_write.spoil,
        remote_write.misdate,
        ALL - {"null", "text"},
    ),
    Wire.INFLUX: Format(
        _if_read(influx.read_lines, lines.read_influx),
        lines.written,
        lines.spoil,
        lines.misdate_influx,
        NO_NUMBERS | {"null", "text"},
    ),
    Wire.PROMETHEUS_TEXT: Format(
        _if_read(text.read_exposition, lines.read_exposition),
        lines.written,
        lines.spoil,
        lines.misdate_exposition,
        ALL - {"no_longer_recorded"},
    ),
    Wire.LOKI: Format(
        _if_read(read_push, msgspec.json.decode),
        msgspec.json.encode,
        loki.spoil_json,
        loki.misdate_json,
        NO_NUMBERS | {"null"},
    ),
    Wire.LOKI_PROTOBUF: Format(
        lambda body: parsed(PushRequest, body, what=Wire.LOKI_PROTOBUF),
        _packed,
        loki.spoil_protobuf,
        loki.misdate_protobuf,
        NO_NUMBERS,
    ),
}
