"""Spoils a push of OTLP metrics as a mistake in the service would: from its JSON to other JSON.

Rules of this file: what is not OTLP metrics in JSON comes out as it went in, counted as untouched; what is stays
readable as JSON, whatever it then says; nothing is made up, every value comes from this push or an earlier one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, assert_never

import msgspec

from harness.faults.troubles import Spoiling
from harness.telemetry.bodies import Wire, opened
from harness.telemetry.pushes import PushRefused

Point = dict[str, Any]
"""A data point, as it was sent."""

VALUES = ("asInt", "asDouble", "doubleValue")
"""Where a data point may say its value."""

NO_RECORDED_VALUE = 1
"""The flag of a data point by which a service says that it measures this no more."""

_NANO = 10**9


@dataclass(slots=True)
class Spoiler:
    """Spoils push after push in one way; remembers what earlier ones held, as far as the way needs it."""

    how: Spoiling
    _seen: dict[bytes, float] = field(default_factory=dict)

    def spoil(self, body: bytes, *, max_bytes: int) -> tuple[bytes, int]:
        """Give what the service would have sent, and how many data points are not as they were."""
        return _changed(body, self._change, max_bytes=max_bytes)

    def _change(self, pushed: object) -> int:
        changed = 0
        for metric, resource in _metrics(pushed):
            for kind in ("gauge", "sum"):
                values = metric.get(kind)
                if isinstance(values, dict) and isinstance(values.get("dataPoints"), list):
                    changed += self._change_points(values, kind=kind, series=[resource, metric.get("name"), kind])
        return changed

    def _change_points(self, values: dict[str, Any], *, kind: str, series: list[Any]) -> int:
        points = values["dataPoints"]
        if self.how == "no_points":
            values["dataPoints"] = []
            return len(points)
        return sum(
            self._change_point(point, kind=kind, series=msgspec.json.encode([*series, point.get("attributes")]))
            for point in points
            if isinstance(point, dict)
        )

    def _change_point(self, point: Point, *, kind: str, series: bytes) -> bool:
        name = next((name for name in VALUES if name in point), "")
        before = dict(point)
        match self.how:
            case "no_points":
                pass
            case "no_value":
                point.pop(name, None)
            case "null":
                point[name or "asInt"] = None
            case "text":
                point[name or "asInt"] = f"{_number(point.get(name)):.2f}"
            case "no_longer_recorded":
                point["flags"] = NO_RECORDED_VALUE
            case "frozen_gauge":
                if kind == "gauge" and name:
                    point[name] = self._seen.setdefault(series, point[name])
            case "counter_reset":
                if kind == "sum" and name:
                    self._begin_anew(point, name=name, series=series)
            case _:
                assert_never(self.how)
        return point != before

    def _begin_anew(self, point: Point, *, name: str, series: bytes) -> None:
        counted = _number(point[name])
        since = counted - self._seen.get(series, 0.0)
        self._seen[series] = counted
        point[name] = round(since) if name == "asInt" else since
        if "startTimeUnixNano" in point and "timeUnixNano" in point:
            point["startTimeUnixNano"] = point["timeUnixNano"]


def misdate(body: bytes, *, by_seconds: float, max_bytes: int) -> tuple[bytes, int]:
    """Give a push with other timestamps, and how many data points have one.

    Args:
        body: as it was sent.
        by_seconds: how far ahead; negative for behind.
        max_bytes: how large a push may be, packed and unpacked.
    """

    def change(pushed: object) -> int:
        points = [point for metric, _ in _metrics(pushed) for point in _points(metric)]
        dated = [point for point in points if _number(point.get("timeUnixNano"))]
        for point in dated:
            point["timeUnixNano"] = str(int(point["timeUnixNano"]) + round(by_seconds * _NANO))
        return len(dated)

    return _changed(body, change, max_bytes=max_bytes)


def _changed(body: bytes, change: Callable[[object], int], *, max_bytes: int) -> tuple[bytes, int]:
    try:
        wire, plain = opened(body, max_bytes=max_bytes)
        pushed = msgspec.json.decode(plain) if wire is Wire.OTLP_JSON else None
    except (PushRefused, msgspec.DecodeError):
        return body, 0  # whoever reads it says what is wrong with it
    changed = change(pushed)
    return (msgspec.json.encode(pushed), changed) if changed else (body, 0)


def _metrics(pushed: object) -> Iterator[tuple[dict[str, Any], Any]]:
    """Give each metric of a push, with whose it is."""
    for resource in _list(pushed, "resourceMetrics"):
        for scope in _list(resource, "scopeMetrics"):
            for metric in _list(scope, "metrics"):
                if isinstance(metric, dict):
                    yield metric, resource.get("resource")


def _points(metric: dict[str, Any]) -> Iterator[Point]:
    for values in metric.values():
        yield from (point for point in _list(values, "dataPoints") if isinstance(point, dict))


def _list(value: Any, key: str) -> list[Any]:  # noqa: ANN401 - whatever a service sends
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _number(value: object) -> float:
    """Read a number that may be written as text; 0 for what is none."""
    try:
        return float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return 0.0
