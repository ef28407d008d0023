from __future__ import annotations

from harness.alerting.promql import SeriesStore
from harness.events import MetricsMapped
from harness.telemetry.roles import RoleMap
from harness.telemetry.sightings import Sightings


def test_metric_is_told_once_with_the_guess_and_its_reason() -> None:
    store = SeriesStore()
    sightings = Sightings(store, roles=RoleMap(), but=())
    assert sightings.look() == []
    for path in ("/a", "/b"):
        store.append({"__name__": "pizza_failures_total", "path": path}, 1.0, 1.0)
    guess = "pizza_failures_total is purchase failures (a guess: it says 'pizza' and 'failures')"
    assert sightings.look() == [MetricsMapped(assignments=[guess])]
    store.append({"__name__": "pizza_failures_total", "path": "/c"}, 1.0, 1.0)
    assert sightings.look() == []


def test_metric_that_was_declared_is_told_as_that_and_our_own_are_not_told() -> None:
    store = SeriesStore()
    sightings = Sightings(store, roles=RoleMap({"Success_total": "auth"}), but={"ALERTS"})
    store.append({"__name__": "Success_total"}, 1.0, 1.0)
    store.append({"__name__": "ALERTS"}, 1.0, 1.0)
    assert sightings.look() == [MetricsMapped(assignments=["Success_total is auth (declared)"])]
