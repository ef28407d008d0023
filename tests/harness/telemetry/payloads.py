"""Pushes as the services of the course write them."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf import json_format  # type: ignore[import-untyped]
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
