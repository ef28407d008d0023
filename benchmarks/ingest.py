"""How many samples a second the sink reads and stores, and how that compares with reading them in the plain way.

Run it with `python -m benchmarks.ingest`; it prints the rate for large pushes of OTLP JSON with its limit.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from benchmarks.limits import Limits
from harness.alerting.promql import SeriesStore
from harness.telemetry import LogStore, SampleStore, Sink
from harness.telemetry.naming import label_name, metric_name

METRICS, SERIES, PUSHES = 40, 250, 9
BEGINS = 1_733_050_000
LIMIT = 200_000
"""Samples a second, read and stored, that are enough."""


class Nowhere:
    """A store that keeps nothing, so that reading alone is measured."""

    def append(self, labels: Mapping[str, str], at: float, value: float) -> None:
        """Keep nothing."""


def push(number: int) -> bytes:
    """Make one large push: 40 metrics with 250 series each, as a service sends them."""
    metrics = [{"name": f"http_requests_{metric}", "unit": "1", "sum": cumulative(number)} for metric in range(METRICS)]
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]}).encode()


def cumulative(number: int) -> dict[str, Any]:
    """Make the sum of one metric at one push."""
    points = [
        {
            "asInt": number * 100 + series,
            "timeUnixNano": str((BEGINS + 10 * number) * 10**9),
            "attributes": [
                {"key": "source", "value": {"stringValue": "jwt-pizza-service"}},
                {"key": "route", "value": {"stringValue": f"/api/order/{series}"}},
            ],
        }
        for series in range(SERIES)
    ]
    return {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": points}


def through_the_sink(store: SampleStore) -> Callable[[bytes], object]:
    """Take pushes the way services' pushes are taken."""
    sink = Sink(store=store, logs=LogStore(), incident=lambda at: datetime.fromtimestamp(at, UTC))
    return lambda body: sink.receive(body, now=float(BEGINS))


def plainly(store: SampleStore) -> Callable[[bytes], object]:
    """Take pushes the way one would at first: json.loads and a loop, without a check."""

    def take(body: bytes) -> None:
        for metric in json.loads(body)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]:
            name = metric_name(metric["name"], unit=metric["unit"], instrument="counter")
            for point in metric["sum"]["dataPoints"]:
                labels = {label_name(pair["key"]): pair["value"]["stringValue"] for pair in point["attributes"]}
                store.append({**labels, "__name__": name}, int(point["timeUnixNano"]) / 1e9, float(point["asInt"]))

    return take


def rates(take: Callable[[bytes], object], bodies: list[bytes]) -> list[float]:
    """Measure samples a second of CPU time, which neighbours on the machine disturb least, a push at a time."""
    found = []
    for body in bodies:
        began = time.process_time()
        take(body)
        found.append(METRICS * SERIES / (time.process_time() - began))
    return found


def shown(found: list[float]) -> str:
    return f"{statistics.median(found):9,.0f}/s (spread {statistics.stdev(found):7,.0f})"


def measure(limits: Limits) -> None:
    bodies = [push(number) for number in range(PUSHES)]
    print(f"{PUSHES} pushes of {METRICS * SERIES:,} samples, {len(bodies[0]) / 1e6:.1f} MB each")
    stores: tuple[tuple[str, Callable[[], SampleStore]], ...] = (("read", Nowhere), ("read and stored", SeriesStore))
    for what, store in stores:
        ours, peer = rates(through_the_sink(store()), bodies), rates(plainly(store()), bodies)
        print(f"{what:15}  the sink {shown(ours)}   json.loads and a loop {shown(peer)}")
        found = statistics.median(ours)
        limits.beside(f"{what}, samples/s", found, "json.loads and a loop", statistics.median(peer))
    limits.at_least("read and stored, samples/s", found, LIMIT)


def main() -> int:
    limits = Limits()
    measure(limits)
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
