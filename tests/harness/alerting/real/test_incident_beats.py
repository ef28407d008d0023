"""The key beats of 2024-12-01 at speed 1, with waits a twentieth as long: Prometheus and the embedded engine agree.

The course's nine rules are what is judged. For Prometheus their `no_data_state` is translated; the embedded engine
judges them as they are.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.alerting.promql import SeriesStore
from harness.alerting.real.judges import RealEngine
from harness.alerting.rule_file import load_rules
from harness.events import AlertChanged
from tests.harness.alerting.real.test_judges import BEGINS, by_rule, judges, told_by_the_engine
from tests.harness.alerting.real.test_translated import COURSE

PUSH, INTERVAL = 0.5, 1.0
OUTAGE, BACK, REPORTED, ENDS = 6.0, 13.0, 21.0, 29.0
"""The ingress goes; it is back, but purchases fail; the report URL is followed."""

SHORTER = (("[1m]", "[3s]"), ("interval: 30s", "interval: 1s"), ("for: 1m", "for: 3s"), ("for: 2m", "for: 6s"),
           ("for: 3m", "for: 5s"))  # fmt: skip

NO_DATA = [("inactive", "no data", "no data"), ("no data", "inactive", "missing series")]
FAILED = [("inactive", "firing", "threshold"), ("firing", "inactive", "resolved")]
UNSOLD = [("inactive", "pending", "threshold"), ("pending", "firing", "threshold"), ("firing", "inactive", "resolved")]


class Service:
    """Counts as the service does, for 8 diners who never stop."""

    def __init__(self, store: SeriesStore) -> None:
        self._store = store
        self._last = 0.0
        self._counted = dict.fromkeys(
            ("http_requests_total", "auth_attempts_total", "pizzas_sold_total", "pizza_creation_failures_total",
             "heartbeat_total"), 0.0,
        )  # fmt: skip

    def push(self, told: float) -> None:
        """Push, if it is time and the ingress is there."""
        if told - self._last < PUSH or OUTAGE <= told < BACK:
            return
        self._last, hungry = told, BACK <= told < REPORTED
        counts = {"http_requests_total": 5, "heartbeat_total": 1, "pizzas_sold_total": not hungry,
                  "pizza_creation_failures_total": hungry}  # fmt: skip
        for name in self._counted:
            self._counted[name] += counts.get(name, 0)
            labels = {"result": "failure"} if name == "auth_attempts_total" else {}
            self._store.append({"__name__": name, **labels}, BEGINS + told, self._counted[name])
        for name, value in (("service_latency_milliseconds", 90), ("active_users", 8), ("cpu_usage_percent", 20),
                            ("memory_usage_percent", 30)):  # fmt: skip
            self._store.append({"__name__": name}, BEGINS + told, float(value))


def told_by_prometheus(folder: Path, store: SeriesStore) -> Iterator[tuple[list[AlertChanged], set[tuple[str, str]]]]:
    """Live through the beats on the wall's clock; gives each tick's transitions, and what Alertmanager holds."""
    pause, wall, service = threading.Event(), time.time, Service(store)  # noqa: TID251 - Prometheus' only clock
    with judges(folder) as programs:
        engine = RealEngine(load_rules(folder / "rules.yaml"), store, judges=programs, wall=wall)
        ahead = wall() - BEGINS
        while (now := wall() - ahead) < BEGINS + ENDS:
            service.push(now - BEGINS)
            if now - BEGINS > 2 and engine.next_due(now) <= now:
                evaluation = engine.tick(now)
                assert evaluation.failures == {}
                yield list(evaluation.events), {(each.rule, each.labels["alertname"]) for each in evaluation.alerts}
            pause.wait(0.1)


@pytest.mark.slow
def test_key_beats_of_the_incident_are_the_same_transitions_to_prometheus(tmp_path: Path) -> None:
    text = COURSE.read_text()
    for long, short in SHORTER:
        assert long in text
        text = text.replace(long, short)
    (tmp_path / "rules.yaml").write_text(text)
    store = SeriesStore()
    ticks = list(told_by_prometheus(tmp_path, store))
    real = by_rule([event for events, _ in ticks for event in events])
    embedded = by_rule([e for e in told_by_the_engine(tmp_path, store, until=ENDS) if e.steady > BEGINS + 3])
    names = {rule.name for group in load_rules(COURSE) for rule in group.alerts}
    assert real.keys() == embedded.keys() == names
    for name in names:
        for one, other in zip(real[name], embedded[name], strict=True):
            assert abs(one.steady - other.steady) <= 2 * INTERVAL, (name, one, other)
            assert (one.labels, one.previous, one.state) == (other.labels, other.previous, other.state)
        said = sorted((each.previous, each.state, each.reason) for each in real[name])
        also = {"PurchaseFailures": FAILED, "PurchasesLow": UNSOLD}.get(name, [])
        assert said == sorted(NO_DATA + also), name
    held = {each for _, alerts in ticks for each in alerts}
    firing = {("PurchaseFailures", "PurchaseFailures"), ("PurchasesLow", "PurchasesLow")}
    assert held == firing | {(name, "DatasourceNoData") for name in names}
