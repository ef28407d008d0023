"""Log lines to query, and answers written so that a test can be read."""

from __future__ import annotations

import json
from collections.abc import Iterable

from harness.alerting import logql, promql
from harness.alerting.logql import LoggedSeries
from harness.telemetry.logs import LogStore
from harness.telemetry.pushes import LogLine

PIZZA = {"component": "jwt-pizza-service", "level": "info", "type": "http"}


def store_of(*lines: LogLine) -> LoggedSeries:
    logs = LogStore()
    for line in lines:
        logs.append(line)
    return LoggedSeries(logs)


def line(at: float, text: str = "", /, **labels: str) -> LogLine:
    return LogLine(labels or PIZZA, at, text)


def fields(at: float, /, labels: dict[str, str] | None = None, **given: object) -> LogLine:
    """A line of JSON."""
    return LogLine(labels or PIZZA, at, json.dumps(given))


def every(seconds: int, *, until: int, text: str = "x", **labels: str) -> Iterable[LogLine]:
    return (line(at, text, **labels) for at in range(seconds, until + 1, seconds))


def ask(text: str, store: LoggedSeries, now: float = 300) -> dict[str, float]:
    """Evaluate, and give the value of each series by its labels as they are written."""
    answer = logql.compile(text).at(store, now)
    if isinstance(answer, float):
        return {"": answer}
    return {str(each.labels): each.value for each in answer if isinstance(each, promql.Sample)}
