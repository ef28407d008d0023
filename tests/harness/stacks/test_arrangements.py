"""What a team arranges in files, and what comes of it when its service fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.checks import Verdict, judge
from harness.errors import ScenarioError
from harness.events import AlertChanged, Event, HarnessTroubled, MetricsMapped, NotificationSent, PageSent
from harness.history import History
from harness.settings import Settings
from harness.stacks.arrangements import Arrangements, load_roles
from harness.stacks.monitoring import Monitoring
from harness.telemetry.pushes import LogLine
from tests.harness.alerting.test_drilling import GRAFANA, receiving

START = 1_733_029_140.0
RULES = """\
groups:
- name: pizza
  interval: 30s
  rules:
  - {alert: Slow, expr: latency > 5, labels: {severity: page}}
  - {alert: Down, expr: up == 0, labels: {severity: page}}
  - {alert: Chatty, expr: 'sum(count_over_time({app="pizza"} |= "error" [1m])) > 2', labels: {severity: info}}
"""
NOTIFICATIONS = """\
route:
  receiver: mail
  group_by: [severity]
  group_wait: 10s
  routes: [{receiver: pager, matchers: [severity = page]}]
inhibit_rules:
  - {source_matchers: [alertname = Down], target_matchers: [alertname = Slow]}
receivers:
  - {name: mail, email_configs: [{to: team@pizza.test}]}
  - {name: pager, webhook_configs: [{url: "HOOK"}]}
"""
ON_CALL = """\
chain: [{notify: Kim}, {wait: 1m}, {notify: Sam}]
responders: [{name: Sam, answers: [{acknowledge: 10s}]}]
receivers: [pager]
"""


def arranged(folder: Path, *, hook: str = "http://127.0.0.1:1/hook", **files: str) -> Arrangements:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text.replace("HOOK", hook))
    values = {name: str(folder / f"{name}.yaml") for name in files}
    settings = Settings().overridden(values, where="here")
    return Arrangements.read(settings, rules=folder / "rules.yaml")


class Bench:
    """Monitoring as a stack makes it, fed by a script."""

    def __init__(self, arrangements: Arrangements, *, waits: bool = True) -> None:
        self.recorded: list[Event] = []
        instant = lambda steady: datetime.fromtimestamp(steady, UTC)  # noqa: E731 - short enough
        postman = arrangements.postman(instant=instant, record=self.recorded.append, waits=waits)
        self.close = postman.close
        team = arrangements.team("Jaquelyn", instant=instant, tell=postman.tell)
        self.watching = Monitoring(
            arrangements.rules.groups, on_call=team, seed=1, incident=instant, record=self.recorded.append
        )
        self.watching.watch(START - 600)

    def live(self, seconds: int, feed: Callable[[Monitoring, float], object]) -> list[Event]:
        for second in range(seconds):
            if second % 15 == 0:
                feed(self.watching, START + second)
            self.watching.tick(START + second)
        self.close()
        return self.recorded


def slow_and_down(watching: Monitoring, now: float) -> None:
    watching.store.append({"__name__": "latency"}, now, 9.0)
    watching.store.append({"__name__": "up"}, now, 0.0)


def slow(watching: Monitoring, now: float) -> None:
    watching.store.append({"__name__": "latency"}, now, 9.0)


@pytest.mark.slow
def test_team_is_told_paged_and_answered_as_its_files_say(tmp_path: Path) -> None:
    with receiving() as receiver:
        hook = f"{receiver.server.url}/hook"
        files = {"rules": RULES, "notifications": NOTIFICATIONS, "on_call": ON_CALL}
        events = Bench(arranged(tmp_path, hook=hook, **files)).live(200, slow_and_down)
    sent = [event for event in events if isinstance(event, NotificationSent)]
    assert [(event.receiver, event.alerts) for event in sent] == [("pager", ["Down"])]  # Slow is inhibited
    (payload,) = receiver.got
    assert payload["groupLabels"] == {"severity": "page"}
    assert [alert["labels"]["alertname"] for alert in payload["alerts"]] == ["Down"]
    assert payload["alerts"][0]["startsAt"].startswith("2024-12-01T04:59:")
    assert [event.responder for event in events if isinstance(event, PageSent)] == ["Kim", "Sam"]
    names = [type(event).__name__ for event in events]
    assert names.index("PageAcknowledged") > names.index("WebhookAnswered") > names.index("NotificationSent")


def test_receiver_that_pages_nobody_tells_and_pages_nobody(tmp_path: Path) -> None:
    def errors(watching: Monitoring, now: float) -> None:
        watching.logs.append(LogLine({"app": "pizza"}, now, "an error"))

    files = {"rules": RULES, "notifications": NOTIFICATIONS, "on_call": ON_CALL}
    events = Bench(arranged(tmp_path, **files)).live(120, errors)
    changes = [(event.rule, event.state) for event in events if isinstance(event, AlertChanged)]
    assert changes == [("Chatty", "firing")]
    assert [event.receiver for event in events if isinstance(event, NotificationSent)] == ["mail"]
    assert not any(isinstance(event, PageSent) for event in events)


@pytest.mark.parametrize(("seconds", "told"), [(300, []), (400, ["Slow"])])
def test_silence_holds_by_the_incidents_calendar_and_ends(tmp_path: Path, seconds: int, told: list[str]) -> None:
    silences = "silences: [{matchers: [alertname = Slow], from: 2024-12-01 04:00 UTC, for: 1h, by: Kim}]\n"
    events = Bench(arranged(tmp_path, rules=RULES, notifications=NOTIFICATIONS + silences)).live(seconds, slow)
    assert [event.rule for event in events if isinstance(event, AlertChanged)] == ["Slow"]
    assert [rule for event in events if isinstance(event, NotificationSent) for rule in event.alerts] == told


def test_habits_of_the_scenario_hold_for_whoever_is_paged_first_and_for_nobody_else(tmp_path: Path) -> None:
    bench = Bench(arranged(tmp_path, rules=RULES, on_call=ON_CALL.replace("receivers: [pager]\n", "")))
    bench.watching.ignore_pages("a misconfiguration")
    said = [type(event).__name__ for event in bench.live(200, slow)]
    assert [name for name in said if name.startswith("Page")] == [
        "PageSent", "PageIgnored", "PageSent", "PageAcknowledged",
    ]  # fmt: skip


def test_rules_of_grafana_are_judged_as_grafana_does(tmp_path: Path) -> None:
    def very_slow(watching: Monitoring, now: float) -> None:
        watching.store.append({"__name__": "latency"}, now, 90.0)

    events = Bench(arranged(tmp_path, rules=GRAFANA)).live(100, very_slow)
    changes = [event for event in events if isinstance(event, AlertChanged)]
    assert [(event.rule, event.state) for event in changes] == [("Slow", "pending"), ("Slow", "firing")]
    assert changes[0].labels["grafana_folder"] == "Course"


def test_roles_that_a_team_declares_are_told_as_declared(tmp_path: Path) -> None:
    events = Bench(arranged(tmp_path, rules=RULES, roles="roles: {latency: pizza latency}")).live(20, slow)
    mapped = [event.assignments for event in events if isinstance(event, MetricsMapped)]
    assert mapped == [["latency is pizza latency (declared)"]]


@pytest.mark.parametrize("text", ["role: {a: auth}", "roles: {a: autth}", "roles: {'a{': auth}", "roles: [a]", ""])
def test_roles_with_a_mistake_are_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "roles.yaml").write_text(text)
    with pytest.raises(ScenarioError):
        load_roles(tmp_path / "roles.yaml")


def test_broken_rule_stops_no_other_and_the_verdict_names_it(tmp_path: Path) -> None:
    broken = RULES + "  - {alert: Broken, expr: 'latency + on() group_left() up > 1'}\n"

    def twins(watching: Monitoring, now: float) -> None:
        slow(watching, now)
        for pod in "ab":
            watching.store.append({"__name__": "up", "pod": pod}, now, 1.0)

    events = Bench(arranged(tmp_path, rules=broken)).live(60, twins)
    assert ("Slow", "firing") in [(event.rule, event.state) for event in events if isinstance(event, AlertChanged)]
    (trouble,) = (event for event in events if isinstance(event, HarnessTroubled))
    assert trouble.where == "alert rule Broken"
    judgement = judge(History(tuple(events)), ())
    assert judgement.verdict is Verdict.UNKNOWN
    assert any("alert rule Broken" in proof.detail for proof in judgement.proofs if not proof.held)
