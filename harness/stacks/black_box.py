"""The system seen from outside: what diners experience, as series that alert rules can look at.

It needs nothing from the service, so it watches one that pushes no metrics as well as one whose pushes have stopped.

    diner_requests_total{operation, outcome}      requests that ended; outcome is ok, failed or unknown
    diner_request_seconds_total{operation}        how long they took together, in incident time
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

from harness.alerting.promql.labels import Labels
from harness.events import Event, RequestFinished
from harness.telemetry.sink import SampleStore

INTERVAL = timedelta(seconds=10)
"""How often the counts become samples."""

METRICS = ("diner_requests_total", "diner_request_seconds_total")
"""What its series are called."""

OUTCOMES = ("ok", "failed", "unknown")


class _Counted:
    """What was counted of one operation, and the series that say so."""

    def __init__(self, operation: str) -> None:
        total, seconds = METRICS
        self.is_new = True
        self.requests = dict.fromkeys(OUTCOMES, 0.0)
        self.seconds = 0.0
        self._totals = [
            (outcome, Labels({"__name__": total, "operation": operation, "outcome": outcome})) for outcome in OUTCOMES
        ]
        self._seconds = Labels({"__name__": seconds, "operation": operation})

    def samples(self) -> Iterator[tuple[Labels, float]]:
        """Give each series and its value."""
        for outcome, labels in self._totals:
            yield labels, self.requests[outcome]
        yield self._seconds, self.seconds


class BlackBox:
    """Counts what diners experience.

    Args:
        store: where the samples go.

    Timing: `hear` may be called from any thread, `tick` from the store's.
    """

    def __init__(self, store: SampleStore) -> None:
        self._store = store
        self._counted: dict[str, _Counted] = {}
        self._lock = threading.Lock()
        self.due = 0.0
        """When the counts become samples next, in steady seconds."""

    def hear(self, event: Event) -> None:
        """Count a request that ended."""
        if not isinstance(event, RequestFinished):
            return
        with self._lock:
            counted = self._counted.get(event.operation)
            if counted is None:
                counted = self._counted[event.operation] = _Counted(event.operation)
            counted.requests[event.outcome] += 1
            counted.seconds += event.latency_seconds

    def tick(self, now: float) -> None:
        """Let the counts become samples, if that is due."""
        if now < self.due:
            return
        self.due = now + INTERVAL.total_seconds()
        with self._lock:
            for counted in self._counted.values():
                self._keep(counted, now)

    def _keep(self, counted: _Counted, now: float) -> None:
        for labels, value in counted.samples():
            if counted.is_new:
                # Nothing was counted before: without a first zero the first request would be no increase.
                self._store.append(labels, now - INTERVAL.total_seconds(), 0.0)
            self._store.append(labels, now, value)
        counted.is_new = False
