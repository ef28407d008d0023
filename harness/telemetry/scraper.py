"""What becomes of a scrape: the text that a target exposes of itself, kept as Prometheus keeps it.

Rules of this file:

- A scrape is kept whole or not at all; either way `up` says which.
- The target's own `job` and `instance` win; labels of these names in its text go by `exported_job` and
  `exported_instance`.
- A series that was there in the last scrape and is not in this one has ended, and says so at once.
- When a scrape fails every series has ended. One whose samples carry times of their own never ends this way.

Pure: whoever fetches the text hands it over, or says why there is none.
Source: prometheus scrape/scrape.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from harness.events import Event, MetricsReceived, TelemetryRejected
from harness.telemetry.pushes import STALE, PushRefused, Sample
from harness.telemetry.sink import SampleStore
from harness.telemetry.text import read_exposition

Series = frozenset[tuple[str, str]]


class Scraper:
    """Keeps what one target exposes.

    Args:
        job: what the target is one of.
        instance: which one: its host and port.
        store: where samples go.
        incident: incident time of a steady instant.
        steady_of: steady seconds of the target's epoch seconds, for samples that carry a time of their own.
    """

    def __init__(
        self,
        job: str,
        *,
        instance: str,
        store: SampleStore,
        incident: Callable[[float], datetime],
        steady_of: Callable[[float], float] = float,
    ) -> None:
        self._target = {"job": job, "instance": instance}
        self._store = store
        self._incident = incident
        self._steady_of = steady_of
        self._there: frozenset[Series] = frozenset()

    def scrape(self, text: bytes, now: float) -> tuple[Event, ...]:
        """Take what the target gave.

        Args:
            text: in Prometheus' exposition format.
            now: steady seconds; the time of each sample that does not say its own.

        Evidence: MetricsReceived, or TelemetryRejected when the text cannot be read.
        """
        try:
            samples = [Sample(self._labels(sample.labels), sample.at, sample.value) for sample in read_exposition(text)]
        except PushRefused as refusal:
            return self.miss(str(refusal), now)
        for sample in samples:
            self._store.append(sample.labels, now if sample.at is None else self._steady_of(sample.at), sample.value)
        self._end(but=(sample for sample in samples if sample.at is None), now=now)
        self._report(up=True, samples=len(samples), now=now)
        return (MetricsReceived(source=self._target["job"], samples=len(samples), newest=self._incident(now)),)

    def miss(self, reason: str, now: float) -> tuple[Event, ...]:
        """Take in that a scrape failed: `up` is 0, and every series ends.

        Evidence: TelemetryRejected, with status 0, for nothing was answered to anybody.
        """
        self._end(but=(), now=now)
        self._report(up=False, samples=0, now=now)
        return (TelemetryRejected(endpoint=self._target["instance"], status=0, reason=reason),)

    def _labels(self, given: Mapping[str, str]) -> dict[str, str]:
        kept = {f"exported_{name}" if name in self._target else name: value for name, value in given.items()}
        return {**kept, **self._target}

    def _end(self, *, but: Iterable[Sample], now: float) -> None:
        there = frozenset(frozenset(sample.labels.items()) for sample in but)
        for series in self._there - there:
            self._store.append(dict(series), now, STALE)
        self._there = there

    def _report(self, *, up: bool, samples: int, now: float) -> None:
        for name, value in (("up", float(up)), ("scrape_samples_scraped", float(samples))):
            self._store.append({"__name__": name, **self._target}, now, value)
