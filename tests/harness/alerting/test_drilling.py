from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.alerting.drilling import DrillPlan, OwnReceiver, run_drill
from harness.alerting.webhooks import STILL_FIRING
from harness.cli import app
from harness.errors import SafetyError, ScenarioError
from harness.stacks.services.twin import COURSE_RULES

GRAFANA = """\
apiVersion: 1
groups:
- {orgId: 1, name: pizza, folder: Course, interval: 1m, rules: [{
    uid: abc, title: Slow, condition: C, for: 1m, data: [
      {refId: A, relativeTimeRange: {from: 600, to: 0}, datasourceUid: prom, model: {expr: latency, instant: true}},
      {refId: C, datasourceUid: __expr__, model: {type: threshold, expression: A,
        conditions: [{evaluator: {type: gt, params: [50]}}]}}]}]}
"""


@contextmanager
def receiving() -> Iterator[OwnReceiver]:
    """A webhook receiver in a thread, as a team's own would be in a program."""
    receiver, loop = OwnReceiver(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(receiver.server.start(), loop).result()
        yield receiver
    finally:
        asyncio.run_coroutine_threadsafe(receiver.server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.mark.slow
def test_drill_delivers_what_alertmanager_would_post_to_a_receiver_of_the_team() -> None:
    said: list[str] = []
    with receiving() as receiver:
        url = f"{receiver.server.url}/hook"
        assert run_drill(DrillPlan(rule="PurchaseFailures", rules=COURSE_RULES, receiver=url), said.append) == 0
    (payload,) = receiver.got
    (alert,) = payload["alerts"]
    assert (payload["version"], payload["status"], payload["receiver"]) == ("4", "firing", "on-call")
    assert payload["groupKey"] == '{}:{alertname="PurchaseFailures"}'
    assert payload["groupLabels"] == {"alertname": "PurchaseFailures"}
    assert alert["labels"] == {"alertname": "PurchaseFailures", "severity": "page"}
    assert alert["annotations"]["summary"] == "The factory does not make the pizzas that people order."
    assert (alert["endsAt"], alert["startsAt"]) == (STILL_FIRING, "2024-12-01T12:02:00Z")
    assert said[-1].endswith(f"delivered: {url} answered 200")


@pytest.mark.slow
def test_drill_of_a_rule_of_grafana_delivers_what_grafana_would_post(tmp_path: Path) -> None:
    path = tmp_path / "grafana.yaml"
    path.write_text(GRAFANA)
    with receiving() as receiver:
        url = f"{receiver.server.url}/hook"
        assert run_drill(DrillPlan(rule="Slow", rules=path, receiver=url), lambda _: None) == 0
    (payload,) = receiver.got
    assert (payload["version"], payload["state"], payload["orgId"]) == ("1", "alerting", 1)
    assert payload["title"].startswith("[FIRING:1] Slow")
    assert payload["alerts"][0]["labels"] == {"alertname": "Slow", "grafana_folder": "Course"}


@pytest.mark.slow
def test_drill_without_a_receiver_delivers_to_one_of_its_own_and_prints_the_timeline() -> None:
    ran = CliRunner().invoke(app, ["firedrill", "Heartbeat"])
    assert ran.exit_code == 0, ran.output
    moments = [line.split()[-1] for line in ran.output.splitlines() if "→" in line or "delivered" in line]
    assert len(moments) == 3
    assert "inactive → pending" in ran.output
    assert "pending → firing" in ran.output


def test_drill_of_a_rule_that_cannot_fire_exits_1_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("groups: [{name: g, rules: [{alert: Never, expr: x > 5 and x < 3}]}]")
    ran = CliRunner().invoke(app, ["firedrill", "Never", "--rules", str(path)])
    assert ran.exit_code == 1
    assert "it cannot be made to go off: its condition held in none of 22 ways" in ran.output


@pytest.mark.slow
def test_drill_whose_receiver_refuses_exits_1_and_says_what_it_answered() -> None:
    said: list[str] = []
    with receiving() as receiver:
        url = f"{receiver.server.url}/elsewhere"
        assert run_drill(DrillPlan(rule="PurchaseFailures", rules=COURSE_RULES, receiver=url), said.append) == 1
    assert said[-1].endswith(f"not delivered: {url} answered 404")


@pytest.mark.slow
def test_drill_goes_to_the_webhooks_of_the_teams_notifications(tmp_path: Path) -> None:
    path = tmp_path / "am.yaml"
    with receiving() as receiver:
        hook = f"{receiver.server.url}/hook"
        path.write_text(
            "route: {receiver: hook, group_wait: 1s}\n"
            f"receivers: [{{name: hook, webhook_configs: [{{url: '{hook}'}}]}}]"
        )
        plan = DrillPlan(rule="PurchaseFailures", rules=COURSE_RULES, notifications=path)
        assert run_drill(plan, lambda _: None) == 0
    assert [payload["receiver"] for payload in receiver.got] == ["hook"]


def test_drill_of_a_rule_that_is_paused_says_so(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(GRAFANA.replace("for: 1m,", "for: 1m, isPaused: true,"))
    with pytest.raises(ScenarioError, match=r"^Slow is in the file and not evaluated: line \d+, .* it is paused\. Let"):
        run_drill(DrillPlan(rule="Slow", rules=path), lambda _: None)
    with pytest.raises(ScenarioError, match="unknown alert rule 'Slower'"):
        run_drill(DrillPlan(rule="Slower", rules=path), lambda _: None)


def test_drill_refuses_a_receiver_that_is_not_on_this_machine() -> None:
    plan = DrillPlan(rule="PurchaseFailures", rules=COURSE_RULES, receiver="http://10.0.0.1/hook")
    with pytest.raises(SafetyError):
        run_drill(plan, lambda _: None)
