"""Pushes as the services of the course write them."""

from __future__ import annotations

import json
import struct
from typing import Any

from google.protobuf import json_format  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

AT = 1_733_055_840
"""2024-12-01 05:24:00 MST, in epoch seconds."""
NANOSECONDS = f"{AT}000000000"


def point(**fields: Any) -> dict[str, Any]:
    return {"timeUnixNano": NANOSECONDS, "asInt": 5, **fields}


def attributes(**texts: str) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": text}} for key, text in texts.items()]


def total(name: str, *points: Any, unit: str = "1", **fields: Any) -> dict[str, Any]:
    """A monotonic cumulative sum, as the course's helper makes one."""
    kind = {"aggregationTemporality": "AGGREGATION_TEMPORALITY_CUMULATIVE", "isMonotonic": True, **fields}
    return {"name": name, "unit": unit, "sum": {"dataPoints": list(points), **kind}}


def gauge(name: str, *points: Any, unit: str = "1") -> dict[str, Any]:
    return {"name": name, "unit": unit, "gauge": {"dataPoints": list(points)}}


def otlp(*metrics: Any, resource: Any = None) -> bytes:
    sender = {} if resource is None else {"resource": {"attributes": resource}}
    return json.dumps({"resourceMetrics": [{**sender, "scopeMetrics": [{"metrics": list(metrics)}]}]}).encode()


def protobuf(body: bytes) -> bytes:
    """The same push in protobuf."""
    request = ExportMetricsServiceRequest()
    json_format.Parse(body, request)
    sent: bytes = request.SerializeToString()
    return sent


def loki(*values: Any, **labels: str) -> bytes:
    return json.dumps({"streams": [{"stream": labels, "values": list(values)}]}).encode()


# Protobuf and snappy, written by hand so that nothing checks itself.


def varint(number: int) -> bytes:
    low = number & 0x7F
    return bytes([low]) if number == low else bytes([low | 0x80]) + varint(number >> 7)


def field(number: int, value: bytes | str | float) -> bytes:
    """One field of a protobuf message: a text or a message, a double, or a whole number."""
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value % 2**64)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def series(*samples: tuple[float, int], more: bytes = b"", **labels: str) -> bytes:
    """One series of a remote write: values and their milliseconds."""
    named = b"".join(field(1, field(1, name) + field(2, value)) for name, value in labels.items())
    return field(1, named + b"".join(field(2, field(1, value) + field(2, at)) for value, at in samples) + more)


def stream(labels: str, *entries: tuple[int, str], metadata: bytes = b"") -> bytes:
    """One stream of a Loki push: lines and their seconds."""
    stamped = (field(1, field(1, at)) + field(2, line) + metadata for at, line in entries)
    return field(1, field(1, labels) + b"".join(field(2, entry) for entry in stamped))


def snapped(plain: bytes) -> bytes:
    """Pack as snappy does, with what came before copied whenever eight bytes of it come again."""
    packed, literal, at = bytearray(varint(len(plain))), bytearray(), 0
    seen: dict[bytes, int] = {}
    while at < len(plain):
        key = plain[at : at + 8]
        back = at - seen.get(key, at)
        seen[key] = at
        if len(key) < 8 or not 0 < back < 65536:
            literal.append(plain[at])
            at += 1
            continue
        packed += _literal(literal)
        literal.clear()
        packed += bytes([7 << 2 | 2]) + back.to_bytes(2, "little")
        at += 8
    return bytes(packed + _literal(literal))


def _literal(raw: bytes | bytearray) -> bytes:
    if not raw:
        return b""
    size = len(raw) - 1
    head = bytes([size << 2]) if size < 60 else bytes([61 << 2]) + size.to_bytes(2, "little")
    return head + bytes(raw)


def log_record(**fields: Any) -> dict[str, Any]:
    return {"timeUnixNano": NANOSECONDS, "body": {"stringValue": "a line"}, **fields}


def otlp_logs(*records: Any, **resource: str) -> bytes:
    sent = {"resource": {"attributes": attributes(**resource)}, "scopeLogs": [{"logRecords": list(records)}]}
    return json.dumps({"resourceLogs": [sent]}).encode()


def protobuf_logs(body: bytes) -> bytes:
    """The same logs in protobuf."""
    request = ExportLogsServiceRequest()
    json_format.Parse(body, request)
    sent: bytes = request.SerializeToString()
    return sent
