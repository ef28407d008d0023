"""The system seen from outside: what diners experience, as series that alert rules can look at.

It needs nothing from the service, so it watches one that pushes no metrics as well as one whose pushes have stopped.

    diner_requests_total{operation, outcome}      requests that ended; outcome is ok, failed or unknown
    diner_request_seconds_total{operation}        how long they took together, in incident time
"""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import timedelta

from harness.events import Event, RequestFinished
from harness.telemetry.sink import SampleStore

INTERVAL = timedelta(seconds=10)
"""How often the counts become samples."""

METRICS = ("diner_requests_total", "diner_request_seconds_total")
"""What its series are called."""

OUTCOMES = ("ok", "failed", "unknown")

_Series = tuple[tuple[str, str], ...]


class BlackBox:
    """Counts what diners experience.

    Args:
        store: where the samples go.

    Timing: `hear` may be called from any thread, `tick` from the store's.
    """

    def __init__(self, store: SampleStore) -> None:
        self._store = store
        self._counts: dict[_Series, float] = defaultdict(float)
        self._new: set[_Series] = set()
        self._lock = threading.Lock()
        self._due = 0.0

    def hear(self, event: Event) -> None:
        """Count a request that ended."""
        if not isinstance(event, RequestFinished):
            return
        with self._lock:
            for outcome in OUTCOMES:
                self._add("diner_requests_total", event.outcome == outcome, operation=event.operation, outcome=outcome)
            self._add("diner_request_seconds_total", event.latency_seconds, operation=event.operation)

    def tick(self, now: float) -> None:
        """Let the counts become samples, if that is due."""
        if now < self._due:
            return
        self._due = now + INTERVAL.total_seconds()
        with self._lock:
            counts, new = dict(self._counts), set(self._new)
            self._new.clear()
        for series, value in counts.items():
            if series in new:
                # Nothing was counted before: without a first zero the first request would be no increase.
                self._store.append(dict(series), now - INTERVAL.total_seconds(), 0.0)
            self._store.append(dict(series), now, value)

    def _add(self, name: str, amount: float, **labels: str) -> None:
        series = (("__name__", name), *labels.items())
        if series not in self._counts:
            self._new.add(series)
        self._counts[series] += amount
