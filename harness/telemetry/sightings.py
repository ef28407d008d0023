"""Which metrics have come in, and what each is taken for: told once each, so that no guess stays hidden."""

from __future__ import annotations

from collections.abc import Collection

from harness.alerting.promql import METRIC_NAME, SeriesStore
from harness.events import MetricsMapped
from harness.telemetry.roles import Assignment, RoleMap


class Sightings:
    """Looks at the series of a store, and tells of metrics that were not there before.

    Args:
        store: where the series are.
        roles: says what a metric is about.
        but: names of metrics that the harness makes itself.
    """

    def __init__(self, store: SeriesStore, *, roles: RoleMap, but: Collection[str]) -> None:
        self._store = store
        self._roles = roles
        self._but = frozenset(but)
        self._told: set[Assignment] = set()
        self._series = 0

    def is_due(self) -> bool:
        """Say whether series have come or gone since the last look."""
        return len(self._store) != self._series

    def look(self) -> list[MetricsMapped]:
        """Give the event that tells of what is new, or none.

        Timing: cheap while no series has come or gone.
        """
        if not self.is_due():
            return []
        self._series = len(self._store)
        every = (each.labels for each in self._store.select(()) if each.labels.value(METRIC_NAME) not in self._but)
        new = [each for each in self._roles.over(every) if each not in self._told]
        self._told.update(new)
        return [MetricsMapped(assignments=[str(each) for each in new])] if new else []
