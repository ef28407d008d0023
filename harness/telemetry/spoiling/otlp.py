"""Mistakes in OTLP metrics and logs: in the objects of their JSON, which protobuf is turned into and back.

Rules of this file: what has another shape than the standard's is passed over; a value that is taken from an earlier
push is written as the one in its place was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from harness.telemetry.spoiling.mistakes import Kind, Mistake, Shift

Point = dict[str, Any]
"""A data point, or a log record, as it was sent."""

VALUES = ("asInt", "asDouble", "doubleValue")
"""Where a data point may say its value."""

NO_RECORDED_VALUE = 1
"""The flag of a data point by which a service says that it measures this no more."""

_STAMPS = ("timeUnixNano", "observedTimeUnixNano")
_NANO = 10**9
_KINDS: tuple[Kind, ...] = ("gauge", "sum")


def spoil_metrics(pushed: object, mistake: Mistake) -> int:
    """Make the mistake, and give how many data points are not as they were."""
    changed = 0
    for metric, resource in _metrics(pushed):
        for kind in _KINDS:
            values = metric.get(kind)
            if isinstance(values, dict) and isinstance(values.get("dataPoints"), list):
                series = [resource, metric.get("name"), kind]
                changed += _spoil_points(values, mistake, kind=kind, series=series)
    return changed


def _spoil_points(values: dict[str, Any], mistake: Mistake, *, kind: Kind, series: list[Any]) -> int:
    points = [point for point in values["dataPoints"] if isinstance(point, dict)]
    if mistake.how == "no_points":
        values["dataPoints"] = []
        return len(points)
    return sum(
        _spoil_point(point, mistake, kind=kind, series=msgspec.json.encode([*series, point.get("attributes")]))
        for point in points
    )


def _spoil_point(point: Point, mistake: Mistake, *, kind: Kind, series: bytes) -> bool:
    before = dict(point)
    name = next((name for name in VALUES if name in point), "asInt")
    measured = _number(point.get(name))
    match mistake.how:
        case "no_value":
            point.pop(name, None)
        case "null":
            point[name] = None
        case "text":
            point[name] = f"{measured:.2f}"
        case "no_longer_recorded":
            point["flags"] = NO_RECORDED_VALUE
        case _ if name in point:
            _say_instead(point, name, said=mistake.number(measured, kind=kind, series=series), kind=kind)
    return point != before


def _say_instead(point: Point, name: str, *, said: float, kind: Kind) -> None:
    if said == _number(point.get(name)):
        return
    point[name] = round(said) if name == "asInt" else said
    if kind == "sum" and "startTimeUnixNano" in point and "timeUnixNano" in point:
        point["startTimeUnixNano"] = point["timeUnixNano"]


def spoil_logs(pushed: object, mistake: Mistake) -> int:
    """Make the mistake, and give how many log records are not as they were; most mistakes are about numbers."""
    changed = 0
    for records in _log_records(pushed):
        changed += len(records)
        match mistake.how:
            case "no_points":
                records.clear()
            case "no_value":
                for record in records:
                    record.pop("body", None)
            case _:
                for record in records:
                    record["body"] = None
    return changed


def misdate(pushed: object, shift: Shift) -> int:
    """Move the timestamps, and give how many data points and log records have one."""
    points = [point for metric, _ in _metrics(pushed) for values in metric.values() for point in _points(values)]
    points += [record for records in _log_records(pushed) for record in records]
    return sum(_misdate_point(point, shift.ticks(_NANO)) for point in points if isinstance(point, dict))


def _misdate_point(point: Point, ticks: int) -> bool:
    dated = [name for name in _STAMPS if _number(point.get(name))]
    for name in dated:
        point[name] = str(int(point[name]) + ticks)
    return bool(dated)


def _metrics(pushed: object) -> Iterator[tuple[dict[str, Any], Any]]:
    """Give each metric of a push, with whose it is."""
    for resource in _list(pushed, "resourceMetrics"):
        for scope in _list(resource, "scopeMetrics"):
            for metric in _list(scope, "metrics"):
                if isinstance(metric, dict):
                    yield metric, resource.get("resource")


def _points(values: object) -> Iterator[Point]:
    yield from (point for point in _list(values, "dataPoints") if isinstance(point, dict))


def _log_records(pushed: object) -> Iterator[list[Any]]:
    """Give each list of log records of a push."""
    for resource in _list(pushed, "resourceLogs"):
        for scope in _list(resource, "scopeLogs"):
            records = _list(scope, "logRecords")
            if all(isinstance(record, dict) for record in records):
                yield records


def _list(value: Any, key: str) -> list[Any]:  # noqa: ANN401 - whatever a service sends
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _number(value: object) -> float:
    """Read a number that may be written as text; 0 for what is none."""
    try:
        return float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return 0.0
