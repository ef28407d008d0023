from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.alerting.notifier import Notifier, Policy
from harness.alerting.rule_file import load_rules
from harness.events import AlertChanged, Event, HarnessTroubled, MetricsMapped, PageAcknowledged, PageIgnored, PageSent
from harness.oncall.rota import Rota
from harness.stacks.monitoring import Monitoring, Team

START = 1_733_029_140.0  # a whole multiple of the rules' interval, as steady seconds
RULES = """
groups:
  - name: shop
    interval: 30s
    rules:
      - alert: Heartbeat
        expr: sum(increase(heartbeat_total[1m])) < 1
        annotations: {no_data_state: NoData}
"""


@pytest.fixture
def recorded() -> list[Event]:
    return []


def monitoring(
    tmp_path: Path, recorded: list[Event], rules: str = RULES, *, on_call: str | Team = "Jaquelyn"
) -> Monitoring:
    path = tmp_path / "rules.yaml"
    path.write_text(rules)
    return Monitoring(
        load_rules(path),
        on_call=on_call,
        seed=1,
        incident=lambda steady: datetime.fromtimestamp(steady, UTC),
        record=recorded.append,
    )


def live(watching: Monitoring, start: float, end: float, *, beating: bool) -> None:
    for second in range(int(start), int(end)):
        if beating and second % 15 == 0:
            watching.store.append({"__name__": "heartbeat_total"}, float(second), (second - START) / 15)
        watching.tick(float(second))


def test_monitoring_of_a_service_that_has_just_started_does_not_take_its_youth_for_silence(
    tmp_path: Path, recorded: list[Event]
) -> None:
    watching = monitoring(tmp_path, recorded)
    watching.watch(START)
    live(watching, START, START + 600, beating=True)
    guess = "heartbeat_total is in no role (a guess: it says 'heartbeat')"
    assert recorded == [MetricsMapped(assignments=[guess])]


def test_monitoring_of_rules_that_somebody_else_has_evaluated_all_along_waits_for_nothing(
    tmp_path: Path, recorded: list[Event]
) -> None:
    watching = monitoring(tmp_path, recorded)
    watching.watch(START, is_watched=True)
    live(watching, START, START + 2, beating=False)
    assert [event.state for event in recorded if isinstance(event, AlertChanged)] == ["no data"]


def test_monitoring_when_data_stops_goes_to_no_data_in_time_pages_and_escalates(
    tmp_path: Path, recorded: list[Event]
) -> None:
    watching = monitoring(tmp_path, recorded)
    watching.watch(START)
    live(watching, START, START + 300, beating=True)
    live(watching, START + 300, START + 1000, beating=False)
    changes = [(event.state, event.reason) for event in recorded if isinstance(event, AlertChanged)]
    assert changes == [("no data", "no data")]
    assert [event.level for event in recorded if isinstance(event, PageSent)] == [1, 2, 3]
    assert watching.evaluation_delays(timedelta(seconds=15)) == {"Heartbeat": timedelta(seconds=105)}


def test_pages_that_are_ignored_and_then_taken_are_recorded_as_that(tmp_path: Path, recorded: list[Event]) -> None:
    watching = monitoring(tmp_path, recorded)
    watching.watch(START)
    watching.ignore_pages("a misconfiguration")
    live(watching, START, START + 300, beating=False)
    assert [event.reason for event in recorded if isinstance(event, PageIgnored)] == ["a misconfiguration"]
    assert watching.acknowledge("Jaquelyn") == 1
    assert watching.acknowledge("Jaquelyn") == 0
    assert [event.responder for event in recorded if isinstance(event, PageAcknowledged)] == ["Jaquelyn"]


def test_pages_that_somebody_dismisses_are_left_alone_by_them_and_not_by_whoever_the_chain_names(
    tmp_path: Path, recorded: list[Event]
) -> None:
    watching = monitoring(tmp_path, recorded)
    watching.watch(START)
    watching.ignore_pages("not now", by="Ana")
    live(watching, START, START + 300, beating=False)
    (paged,) = (event.responder for event in recorded if isinstance(event, PageSent))
    (left,) = (event for event in recorded if isinstance(event, PageIgnored))
    assert (paged, left.responder, left.reason) == ("Jaquelyn", "Ana", "not now")


def test_pages_are_escalated_to_whoever_comes_next(tmp_path: Path, recorded: list[Event]) -> None:
    watching = monitoring(tmp_path, recorded)
    assert watching.escalate(START) == ()
    watching.watch(START)
    live(watching, START, START + 300, beating=False)
    assert watching.escalate(START + 300) == ("Jaquelyn",)
    assert [event.level for event in recorded if isinstance(event, PageSent)] == [1, 2]


def test_rule_that_fails_is_named_once_and_the_others_go_on(tmp_path: Path, recorded: list[Event]) -> None:
    broken = RULES + "      - alert: Broken\n        expr: a + on() group_left() b > 1\n"
    watching = monitoring(tmp_path, recorded, broken)
    for source in "12":
        watching.store.append({"__name__": "a", "x": source}, START + 100, 1.0)
        watching.store.append({"__name__": "b", "x": source}, START + 100, 1.0)
    watching.watch(START - 600)
    live(watching, START, START + 200, beating=True)
    troubles = [event.where for event in recorded if isinstance(event, HarnessTroubled)]
    assert troubles == ["alert rule Broken"]


BURNING = """
groups:
  - name: slo
    interval: 30s
    rules:
      - {record: 'errors:ratio6h', expr: 'sum(rate(bad_total[6h])) / sum(rate(all_total[6h]))'}
      - {alert: Burning, expr: 'errors:ratio6h > 0.006'}
"""


def test_rule_that_looks_back_six_hours_sees_a_healthy_past_and_not_the_run_alone(
    tmp_path: Path, recorded: list[Event]
) -> None:
    watching = monitoring(tmp_path, recorded, BURNING)
    watching.watch(START)
    for step in range(100):
        now = START + step * 15
        watching.store.append({"__name__": "all_total"}, now, step * 100.0)
        watching.store.append({"__name__": "bad_total"}, now, max(0, step - 80) * 10.0)
        watching.tick(now)
    (series,) = (each for each in watching.store.select(()) if each.labels["__name__"] == "errors:ratio6h")
    assert 0.0005 < series.values[-1] < 0.006, "5 minutes at a tenth, of six hours"
    assert not [event for event in recorded if isinstance(event, AlertChanged)]


def test_monitoring_that_is_ticked_only_when_it_is_due_says_the_same_at_the_same_time(tmp_path: Path) -> None:
    every_second: list[Event] = []
    when_due: list[Event] = []
    teams = [Team(Rota.course("Jaquelyn"), Notifier(Policy(group_wait=timedelta(seconds=7)))) for _ in range(2)]
    watching = monitoring(tmp_path, every_second, on_call=teams[0])
    sparing = monitoring(tmp_path, when_due, on_call=teams[1])
    for each in (watching, sparing):
        each.watch(START)
    ticks = 0
    for second in range(1000):
        now = START + second
        for each in (watching, sparing):
            if second < 300 and second % 15 == 0:
                each.store.append({"__name__": "heartbeat_total"}, now, second / 15)
            if second == 700:
                each.acknowledge("Jaquelyn")
        watching.tick(now)
        if sparing.is_due(now):
            sparing.tick(now)
            ticks += 1
        assert when_due == every_second
    assert any(isinstance(event, PageSent) for event in when_due)
    assert ticks < 200
