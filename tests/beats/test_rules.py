from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from harness.alerting.rule_file import load_rules
from harness.events import Event, MetricsMapped, MetricsReceived
from harness.history import History
from harness.telemetry.roles import Role
from tests.beats.rules import SHORT, metrics_by_role, push_interval, write_rules

NOON = datetime(2024, 12, 1, 12, tzinfo=UTC)


def pushed(*seconds: float) -> History:
    events: list[Event] = [
        MetricsReceived(at=NOON + timedelta(seconds=at), steady=at, source="jwt", samples=3, newest=NOON)
        for at in seconds
    ]
    return History(tuple(events))


def mapped(*sentences: str) -> History:
    return History((MetricsMapped(at=NOON, steady=0.0, assignments=list(sentences)),))


def test_metric_of_a_role_is_the_one_with_the_fewest_labels() -> None:
    history = mapped(
        "auth_total{result=\"success\"} is auth (a guess: it says 'auth')",
        "auth_attempts is auth (a guess: it says 'auth')",
        "pizza_fails is purchase failures (declared)",
        "pizza_revenue is in no role (a guess: it says 'revenue')",
    )
    assert metrics_by_role(history) == {Role.AUTH: "auth_attempts", Role.PURCHASE_FAILURES: "pizza_fails"}


def test_metric_that_comes_only_with_the_first_sale_is_left_out() -> None:
    history = mapped("cpu is cpu (a guess: it says 'cpu')")
    later = MetricsMapped(at=NOON + timedelta(seconds=9), steady=9.0, assignments=["sold is purchases (declared)"])
    assert metrics_by_role(History((*history, later))) == {Role.CPU: "cpu"}


def test_push_interval_is_the_longest_between_two_pushes_of_a_service_that_pushes_each_metric_alone() -> None:
    assert push_interval(pushed(0, 0.1, 0.2, 10, 10.1, 20)) == timedelta(seconds=9.9)
    assert push_interval(pushed()) == timedelta()


def test_rules_that_are_written_look_at_each_metric_and_at_what_diners_see(tmp_path: Path) -> None:
    path = write_rules(tmp_path / "rules.yaml", {Role.CPU: "cpu_ratio", Role.PURCHASE_FAILURES: "fails_total"})
    written = yaml.safe_load(path.read_text())["groups"][0]["rules"]
    assert [(rule["alert"], rule["expr"]) for rule in written] == [
        ("CPUHigh", "count(count_over_time(cpu_ratio[45s])) < 1"),
        ("PurchaseFailures", "sum(increase(fails_total[45s])) > 0"),
    ]
    pushed, seen = load_rules(path)
    assert [rule.name for rule in pushed.alerts] == ["CPUHigh", "PurchaseFailures"]
    assert [rule.name for rule in seen.alerts] == [rule.name for rule in load_rules(SHORT)[-1].alerts]


def test_rules_of_a_service_that_pushes_nothing_look_at_what_diners_see_only(tmp_path: Path) -> None:
    (seen,) = load_rules(write_rules(tmp_path / "rules.yaml", {}))
    assert [rule.name for rule in seen.alerts] == ["SiteDown", "OrdersFail"]
