"""A small, honest history of the incident night, and ways to tell it differently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache

import msgspec

from harness.durations import seconds
from harness.events import (
    UNSTAMPED,
    AlertChanged,
    BalancerCreated,
    BalancerRemoved,
    DeploymentChanged,
    DiagnosisMade,
    DinersChanged,
    Event,
    FaultApplied,
    FaultHit,
    FaultRemoved,
    Jumped,
    LogsReceived,
    MetricsReceived,
    NotificationSent,
    PageAcknowledged,
    PageIgnored,
    PageSent,
    ProcessExited,
    ProcessStarted,
    RecordChanged,
    RemedyPerformed,
    RequestFinished,
    RunFinished,
    RunStarted,
    StepStarted,
    TaskChanged,
)
from harness.history import History, history_of

MST = timezone(timedelta(hours=-7), "MST")
RULES = ("RequestsLow", "PurchasesLow", "PurchaseFailures", "Heartbeat")
FETCH, FACTORY = "500: failed to fetch", "500: Failed to fulfill order at factory"
REPORT_URL = "http://127.0.0.1:4000/api/support/vendor-key/report/fix123"
OLD, NEW = "127.0.0.1:8001", "127.0.0.1:8002"
OPERATIONS = ("log in", "look at the menu", "order", "verify the pizza")


def t(text: str) -> datetime:
    """Read a time of that night: evenings are of November 30, mornings of December 1."""
    hours, minutes, *rest = (float(part) for part in text.split(":"))
    day = 30 if hours >= 18 else 31
    start = datetime(2024, 11, 1, tzinfo=MST) + timedelta(days=day - 1)
    return start + timedelta(hours=hours, minutes=minutes, seconds=rest[0] if rest else 0)


def request(at: str | datetime, operation: str = "log in", *, error: str = "", **fields: object) -> RequestFinished:
    """Make a request that ended then, well unless it has an error."""
    ended = t(at) if isinstance(at, str) else at
    given: dict[str, object] = {
        "outcome": "failed" if error else "ok",
        "diner": "diner-1",
        "address": OLD,
        "latency_seconds": 0.12,
    }
    given |= {"status": 500 if error else 200, "error": error, "started": ended - timedelta(seconds=0.12)}
    kinds = {"order": ("POST", "/api/order"), "log in": ("PUT", "/api/auth")}
    method, path = kinds.get(operation, ("GET", "/api/order/menu"))
    known: dict[str, object] = {"at": ended, "operation": operation, "method": method, "path": path}
    return msgspec.convert(known | given | fields, RequestFinished)


def load(since: str, until: str, *, every: str = "4s", broken: str = "") -> list[Event]:
    """Let eight diners ask for things in turn; `broken` is `site` (nothing is reached) or `orders`."""
    made: list[Event] = []
    at, number = t(since), 0
    while at < t(until):
        operation, diner = OPERATIONS[number % 4], f"diner-{number % 8 + 1}"
        if broken == "site" and operation != "verify the pizza":
            made.append(request(at, operation, error=FETCH, cause="connection refused", diner=diner, status=0))
        elif broken == "orders" and operation == "order":
            made.append(request(at, operation, error=FACTORY, report_url=REPORT_URL, diner=diner))
        elif not broken or operation != "verify the pizza":
            made.append(request(at, operation, diner=diner))
        at, number = at + timedelta(seconds=seconds(every)), number + 1
    return made


def pushes(since: str, until: str) -> list[Event]:
    """Let the service push metrics and logs every ten seconds."""
    made: list[Event] = []
    at = t(since)
    while at < t(until):
        made.append(MetricsReceived(at=at, source="jwt-pizza-service", samples=12, newest=at))
        made.append(LogsReceived(at=at, source="jwt-pizza-service", lines=5, newest=at))
        at += timedelta(seconds=10)
    return made


def alert(at: str, rule: str, move: str, reason: str, value: float | None = None) -> AlertChanged:
    """Make a change of an alert, `move` being `"inactive > no data"`."""
    previous, state = move.split(" > ")
    known: dict[str, object] = {
        "at": t(at),
        "rule": rule,
        "labels": {"severity": "page"},
        "previous": previous,
        "state": state,
    }
    return msgspec.convert(known | {"reason": reason, "value": value}, AlertChanged)


def jump(leaves: str, lands: str) -> Jumped:
    """Cross a quiet stretch."""
    return Jumped(at=t(lands), leaves=t(leaves), length_seconds=(t(lands) - t(leaves)).total_seconds())


def in_vain(at: str, remedy: str, *, number: int) -> list[Event]:
    """Let Jaquelyn try a remedy for which a task comes and goes, while nothing gets better."""
    start = t(at)
    after = [start + timedelta(seconds=step) for step in (0.2, 1, 12, 40, 41)]
    task, pid = f"task-{number}", 4000 + number
    lands, ends = start - timedelta(seconds=30), start + timedelta(seconds=75)
    return [
        *load(f"{lands:%H:%M:%S}", f"{ends:%H:%M:%S}", broken="site"),
        TaskChanged(at=after[0], task=task, state="starting", reason=remedy, revision="pizza:2"),
        RemedyPerformed(at=after[1], remedy=remedy, by="Jaquelyn", did=f"{remedy}, for real"),
        ProcessStarted(at=after[2], component=task, pid=pid, address=f"127.0.0.1:{pid}", startup_seconds=0.6),
        TaskChanged(at=after[3], task=task, state="stopped", reason="failed health checks", revision="pizza:2"),
        ProcessExited(at=after[4], component=task, pid=pid, code=-15, expected=True),
    ]


def evening() -> list[Event]:
    """Tell 21:59 to 05:24: all is well, also after the push."""
    versions = {"python": "3.11.7", "pizza-chaos": "0.1.0"}
    return [
        RunStarted(
            at=t("21:59"),
            schema=1,
            scenario="test_incident_2024_12_01",
            hypothesis="One remedy of ten helps.",
            seed=7,
            stack="processes",
            speed=20.0,
            zone="MST",
            versions=versions,
            rerun="pizza-chaos run scenarios/test_incident_2024_12_01.py --seed 7",
        ),
        ProcessStarted(at=t("21:59:01"), component="factory", pid=3999, address="127.0.0.1:4000"),
        BalancerCreated(at=t("21:59:05"), name="balancer-1", address=OLD),
        RecordChanged(at=t("21:59:06"), name="pizza-service.pizza.test", address=OLD, previous="", ttl_seconds=20.0),
        DinersChanged(at=t("21:59:30"), count=8),
        *pushes("22:00", "22:09"),
        *load("22:00", "22:09"),
        StepStarted(at=t("22:03"), name="push: a new endpoint"),
        DeploymentChanged(at=t("22:03:01"), revision="pizza:2", state="in progress", reason="pushed"),
        RemedyPerformed(at=t("22:03:01"), remedy="push", by="developers", did="deployed revision pizza:2"),
        DeploymentChanged(at=t("22:03:40"), revision="pizza:2", state="completed", reason="1 healthy"),
        jump("22:09", "05:21:30"),
        *pushes("05:21:30", "05:24:05"),
        *load("05:21:30", "05:24"),
    ]


def outage() -> list[Event]:
    """Tell 05:24 to 13:10: the balancer is gone."""
    sees = "every request fails with “500: failed to fetch”: the connection is refused"
    factory = "every order fails with “Failed to fulfill order at factory”"
    storm = ("05:25:50", "05:26", "05:26", "05:26:10")
    pages = (("05:26:40", "Jaquelyn", 1), ("05:31:40", "Jaquelyn", 2), ("05:36:40", "whole team", 3))
    found = "DNS points at a load balancer that no longer exists"
    return [
        FaultApplied(at=t("05:24"), fault="balancer_missing", id="balancer_missing-1", target="ingress", sees=sees),
        BalancerRemoved(at=t("05:24:00.4"), name="balancer-1", address=OLD),
        *load("05:24:02", "05:38", broken="site"),
        FaultHit(at=t("05:24:02"), fault="balancer_missing", id="balancer_missing-1", evidence="diner-1 was refused"),
        *(alert(at, rule, "inactive > no data", "no data") for at, rule in zip(storm, RULES, strict=True)),
        NotificationSent(
            at=t("05:26:30"), receiver="on-call", group="DatasourceNoData", status="firing", alerts=list(RULES)
        ),
        *(
            PageSent(at=t(at), page="DatasourceNoData", responder=who, level=level, channel="push", alerts=list(RULES))
            for at, who, level in pages
        ),
        PageIgnored(at=t("05:27"), page="DatasourceNoData", responder="Jaquelyn", reason="taken for misconfigured"),
        jump("05:38", "07:59:30"),
        FaultApplied(at=t("08:00"), fault="factory_fail", id="factory_fail-2", target="factory", sees=factory),
        jump("08:00:01", "09:59:30"),
        PageAcknowledged(at=t("10:00:01"), page="DatasourceNoData", responder="Jaquelyn"),
        jump("10:00:10", "10:39:30"),
        *in_vain("10:40", "recreate task definition", number=1),
        jump("10:41:20", "10:49:30"),
        *in_vain("10:50", "recreate service", number=2),
        jump("10:51:20", "12:49:30"),
        DiagnosisMade(
            at=t("12:50:01"), by="Jaquelyn", layer="DNS", finding=found, evidence=[f"the name points at {OLD}"]
        ),
        jump("12:50:10", "12:59:30"),
        RemedyPerformed(at=t("13:00:02"), remedy="recreate load balancer", by="Jaquelyn", did=f"created one at {NEW}"),
        BalancerCreated(at=t("13:00:02"), name="balancer-2", address=NEW),
        jump("13:00:10", "13:04:30"),
        *load("13:04:30", "13:10:20", broken="site"),
    ]


def recovery() -> list[Event]:
    """Tell 13:10 to 13:28: the site is back, orders fail, and the reportUrl ends that."""
    by = "Jaquelyn"
    return [
        RecordChanged(at=t("13:10:01"), name="pizza-service.pizza.test", address=NEW, previous=OLD, ttl_seconds=20.0),
        RemedyPerformed(at=t("13:10:01"), remedy="update DNS", by=by, did=f"the record points at {NEW}"),
        FaultRemoved(
            at=t("13:10:02"), fault="balancer_missing", id="balancer_missing-1", by="remedy: update DNS", hits=300
        ),
        *pushes("13:10:20", "13:28"),
        *load("13:10:20", "13:24", broken="orders"),
        FaultHit(at=t("13:10:28"), fault="factory_fail", id="factory_fail-2", evidence="diner-3's order got a 500"),
        *(alert("13:11", rule, "no data > inactive", "resolved") for rule in RULES if rule != "PurchaseFailures"),
        alert("13:10:50", "PurchaseFailures", "no data > firing", "threshold", 3.0),
        PageSent(
            at=t("13:11:20"),
            page="PurchaseFailures",
            responder=by,
            level=1,
            channel="push",
            alerts=["PurchaseFailures"],
        ),
        PageAcknowledged(at=t("13:11:30"), page="PurchaseFailures", responder=by),
        request("13:22:05", "order", error=FACTORY, report_url=REPORT_URL, diner=by),
        RemedyPerformed(at=t("13:24:01"), remedy="follow reportUrl", by=by, did=f"opened {REPORT_URL}: 200"),
        FaultRemoved(
            at=t("13:24:01"), fault="factory_fail", id="factory_fail-2", by="remedy: follow reportUrl", hits=140
        ),
        *load("13:24:02", "13:28"),
        alert("13:26", "PurchaseFailures", "firing > inactive", "resolved"),
        RunFinished(at=t("13:28:10"), reason="completed"),
    ]


@cache
def night() -> History:
    """Tell the whole night."""
    return told([*evening(), *outage(), *recovery()])


def told(events: list[Event]) -> History:
    """Put events in the order of their time, and number them."""
    assert all(event.at is not UNSTAMPED for event in events)
    ordered = sorted(events, key=lambda event: event.at)
    return history_of([msgspec.structs.replace(event, steady=event.at.timestamp()) for event in ordered])


def plus(history: History, *events: Event) -> History:
    """Tell it with these events as well."""
    return told([*history.events, *events])


def without(history: History, fits: Callable[[Event], object]) -> History:
    """Tell it without the events that fit."""
    left = [event for event in history.events if not fits(event)]
    assert len(left) < len(history.events), "nothing was left out, so the test shows nothing"
    return told(left)


def changed(history: History, fits: Callable[[Event], object], **fields: object) -> History:
    """Tell it with these fields of the events that fit."""
    assert any(fits(event) for event in history.events), "nothing was changed, so the test shows nothing"
    return told([msgspec.structs.replace(one, **fields) if fits(one) else one for one in history.events])


def until(history: History, at: str) -> History:
    """Tell it as far as `at`, as if the run had been killed then."""
    return told([event for event in history.events if event.at < t(at)])


def is_a(*kinds: type[Event], **fields: object) -> Callable[[Event], bool]:
    """Fit events of a kind whose fields are these."""
    return lambda event: isinstance(event, kinds) and all(getattr(event, name) == fields[name] for name in fields)
