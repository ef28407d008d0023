"""The bundled rules, over a service that is healthy, then silent, then back with a factory that fails."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

import harness.stacks.services
from harness.alerting.engine import RuleEngine
from harness.alerting.notifier import Notifier
from harness.alerting.promql import SeriesStore
from harness.alerting.rule_file import load_rules
from harness.alerting.rules import RuleGroup
from harness.events import PageResolved, PageSent
from harness.oncall.chain import course_chain
from harness.oncall.escalation import Escalation, PageEvent
from harness.telemetry.logs import LogStore
from harness.telemetry.sink import Sink
from pizza_service.metrics import Load, Meters, Origin
from tests.harness.alerting.timelines import line

RULES = Path(harness.stacks.services.__file__).with_name("pizza_alerts.yaml")
BEGIN = 1_733_055_840
"""2024-12-01 05:24:00 MST, a whole multiple of the group's interval."""
PUSH = timedelta(seconds=10)
NINE = [
    "RequestsLow", "AuthFailures", "PurchasesLow", "PurchaseFailures", "LatencyHigh",
    "ActiveUsersLow", "CPUHigh", "MemoryHigh", "Heartbeat",
]  # fmt: skip


class Service:
    """Counts like the service twin, and pushes into a store under its metric names."""

    def __init__(self, store: SeriesStore, instance: str) -> None:
        self.store = store
        self.instance = instance
        self.requests = self.log_ins = self.refused = self.sold = self.failed = self.pushes = 0
        self.latency_ms, self.active, self.cpu_percent, self.memory_percent = 100.0, 8, 20.0, 1.0

    def serve(self, *, sold: int = 0, failed: int = 0) -> None:
        self.requests, self.log_ins = self.requests + 5, self.log_ins + 1
        self.sold, self.failed = self.sold + sold, self.failed + failed

    def push(self, at: float) -> None:
        self.pushes += 1
        for name, value, labels in (
            ("http_requests_total", self.requests, {"method": "GET"}),
            ("http_requests_total", 0, {"method": "DELETE"}),
            ("auth_attempts_total", self.log_ins, {"result": "success"}),
            ("auth_attempts_total", self.refused, {"result": "failure"}),
            ("pizzas_sold_total", self.sold, {}),
            ("pizza_creation_failures_total", self.failed, {}),
            ("heartbeat_total", self.pushes, {}),
            ("active_users", self.active, {}),
            ("cpu_usage_percent", self.cpu_percent, {}),
            ("memory_usage_percent", self.memory_percent, {}),
            ("service_latency_milliseconds", self.latency_ms, {}),
        ):
            self.store.append({"__name__": name, "instance": self.instance, **labels}, at, value)


@pytest.fixture(scope="module")
def groups() -> tuple[RuleGroup, ...]:
    return load_rules(RULES)


def test_bundled_rules_are_the_courses_nine_and_say_what_to_do(groups: tuple[RuleGroup, ...]) -> None:
    (group,) = groups
    assert [rule.name for rule in group.alerts] == NINE
    assert all(set(rule.annotations) == {"summary", "description", "runbook"} for rule in group.alerts)
    assert {rule.no_data_state for rule in group.alerts} == {"NoData"}


def test_bundled_rules_notice_silence_within_window_and_push_and_group_interval(
    groups: tuple[RuleGroup, ...],
) -> None:
    engine = RuleEngine(groups, SeriesStore())
    delays = {name: engine.evaluation_delay(name, push_interval=PUSH) for name in NINE}
    assert delays == dict.fromkeys(NINE, timedelta(seconds=60 + 10 + 30))


def test_night_of_health_and_silence_and_failing_orders_has_exactly_these_alerts_and_pages(
    groups: tuple[RuleGroup, ...],
) -> None:
    """Healthy for 5 minutes, silent for 12, back at +1000 s with orders that fail."""
    store = SeriesStore()
    engine, notifier = RuleEngine(groups, store), Notifier()
    oncall = Escalation(course_chain("Jaquelyn"), rng=Random(1))
    before, after = Service(store, "before"), Service(store, "after")
    changes: dict[str, list[str]] = {name: [] for name in NINE}
    notifications: list[tuple[int, str, str, list[str]]] = []
    pages: list[tuple[int, PageEvent]] = []

    for at in range(-60, 0, 10):
        before.push(BEGIN + at)
    for at in range(0, 1301, 10):
        now = BEGIN + at
        if at <= 300:
            before.serve(sold=at % 20 == 0)
            before.push(now)
        elif at > 1000:
            after.serve(failed=at > 1010 and at % 20 == 0)
            after.push(now)
        evaluation = engine.tick(now)
        assert not evaluation.failures
        for change in evaluation.events:
            changes[change.rule].append(line(change, now=at))
        notifier.observe(evaluation.alerts, now=now)
        said = oncall.tick(now)
        for each in notifier.tick(now):
            notifications.append((at, each.group, each.status, each.alerts))
            said += oncall.notified(each, now=now)
        pages += [(at, event) for event in said]

    silence = ["+360 all: inactive -> no data, no data", "+1020 all: no data -> inactive, missing series"]
    failing = "+1020 all: inactive -> firing, threshold"
    selling = ["+1020 all: inactive -> pending, threshold", "+1200 all: pending -> firing, threshold"]
    assert changes == dict.fromkeys(NINE, silence) | {
        "PurchaseFailures": [silence[0], failing, silence[1]],
        "PurchasesLow": [silence[0], selling[0], silence[1], selling[1]],
    }
    assert notifications == [
        (390, '{alertname="DatasourceNoData"}', "firing", sorted(NINE)),
        (1050, '{alertname="PurchaseFailures"}', "firing", ["PurchaseFailures"]),
        (1230, '{alertname="PurchasesLow"}', "firing", ["PurchasesLow"]),
        (1290, '{alertname="DatasourceNoData"}', "resolved", []),
    ]
    storm = '{alertname="DatasourceNoData"} #1'
    assert [(at, event) for at, event in pages if event.page == storm] == [
        (390, page(storm, "Jaquelyn", 1, "default")),
        (690, page(storm, "Jaquelyn", 2, "important")),
        (990, page(storm, "the whole team", 3, "default")),
        (1290, PageResolved(page=storm)),
    ]


def page(name: str, responder: str, level: int, channel: str) -> PageSent:
    return PageSent(page=name, responder=responder, level=level, channel=channel, alerts=sorted(NINE))


def test_every_rule_finds_its_metrics_in_what_the_service_twin_really_pushes(groups: tuple[RuleGroup, ...]) -> None:
    store, meters = SeriesStore(), Meters()
    sink = Sink(store=store, logs=LogStore(), incident=lambda steady: datetime.fromtimestamp(steady, UTC))
    origin = Origin(source="jwt-pizza-service", instance="a", started_at=BEGIN)
    for after in (15, 30, 45, 60):
        meters.count_request("GET", seconds=0.1)
        payload = meters.collect(BEGIN + after, load=Load(cpu_percent=20.0, memory_percent=1.0), origin=origin)
        assert sink.receive(json.dumps(payload).encode(), now=BEGIN + after).reply.status == 200
    found = {rule.name: rule.condition.results(store, now=BEGIN + 60) for rule in groups[0].alerts}
    assert [name for name, results in found.items() if not results] == []


def dine(service: Service, rng: Random) -> Callable[[float], None]:
    """Let 8 diners log in, look, order and leave, thinking 5 to 20 s before each."""
    turns = [[rng.uniform(0, 20), rng.randrange(5)] for _ in range(8)]

    def until(now: float) -> None:
        for turn in turns:
            while turn[0] <= now:
                service.requests += 1
                service.log_ins += turn[1] == 0
                service.sold += turn[1] == 2
                turn[:] = [turn[0] + rng.uniform(5, 20), (turn[1] + 1) % 5]

    return until


@pytest.mark.parametrize("every", [10, 15])
@pytest.mark.parametrize("seed", range(5))
def test_steady_state_of_8_diners_for_an_hour_makes_no_rule_fire(
    groups: tuple[RuleGroup, ...], seed: int, every: int
) -> None:
    store, rng = SeriesStore(), Random(seed)
    engine, service = RuleEngine(groups, store), Service(store, "a")
    eat = dine(service, rng)
    phase = rng.uniform(0, every)
    engine.tick(BEGIN)
    for after in range(every, 3600, every):
        eat(after)
        service.push(BEGIN + after + phase)
        changes = engine.tick(BEGIN + after + every).events
        if after > 60:
            assert {change.state for change in changes} <= {"pending", "inactive"}
            assert {change.rule for change in changes} <= {"PurchasesLow"}


@pytest.mark.parametrize("every", [10, 15])
@pytest.mark.parametrize("seed", range(30))
def test_silence_at_any_moment_is_no_data_within_the_delay_and_no_threshold_before_it(
    groups: tuple[RuleGroup, ...], seed: int, every: int
) -> None:
    store, rng = SeriesStore(), Random(seed)
    engine, service = RuleEngine(groups, store), Service(store, "a")
    eat = dine(service, rng)
    phase, last = rng.uniform(0, every), 600 + seed
    first: dict[str, tuple[str, str]] = {}
    for after in range(last + 60 + every + 30):
        if after % every == 0 and after <= last:
            eat(after)
            service.push(BEGIN + after + phase - every)
        for change in engine.tick(BEGIN + after).events:
            if after > last and change.state not in ("pending", "inactive"):
                first.setdefault(change.rule, (change.state, change.reason))
    assert first == dict.fromkeys(NINE, ("no data", "no data"))


BREAKS: dict[str, Callable[[Service], None]] = {
    "RequestsLow": lambda service: setattr(service, "requests", 0),
    "AuthFailures": lambda service: setattr(service, "refused", service.refused + 3),
    "PurchasesLow": lambda service: setattr(service, "sold", 0),
    "PurchaseFailures": lambda service: setattr(service, "failed", service.failed + 1),
    "LatencyHigh": lambda service: setattr(service, "latency_ms", 6000.0),
    "ActiveUsersLow": lambda service: setattr(service, "active", 0),
    "CPUHigh": lambda service: setattr(service, "cpu_percent", 99.0),
    "MemoryHigh": lambda service: setattr(service, "memory_percent", 95.0),
    "Heartbeat": lambda service: setattr(service, "pushes", 0),
}
"""What makes each rule go off by its threshold, at every push."""


@pytest.mark.parametrize("rule", NINE)
def test_rule_goes_off_alone_when_what_it_watches_goes_wrong(groups: tuple[RuleGroup, ...], rule: str) -> None:
    store = SeriesStore()
    engine, service = RuleEngine(groups, store), Service(store, "a")
    fired = set()
    for after in range(0, 601, 10):
        service.serve(sold=1)
        BREAKS[rule](service)
        service.push(BEGIN + after)
        changes = engine.tick(BEGIN + after).events
        fired |= {change.rule for change in changes if change.state == "firing"}
    assert fired == {rule}
