import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from harness.alerting.conditions import GrafanaCondition, Query, Threshold
from harness.alerting.engine import RuleEngine
from harness.alerting.grafana_reduce import Reduce
from harness.alerting.promql import SeriesStore
from harness.alerting.rules import AlertRule, GrafanaVersion, NoDataState, compile_expression
from harness.errors import ScenarioError
from tests.harness.alerting.timelines import engine_of, grafana_rule, group_of, prometheus_rule, push, run

MINUTE = timedelta(minutes=1)
SILENCE = 1_700_000_040
"""A whole multiple of a minute since 1970, after which nothing is pushed."""


# When


def test_group_is_due_at_whole_multiples_of_its_interval() -> None:
    store = SeriesStore()
    made = engine_of(prometheus_rule(), store=store)
    push(store, at=61)
    assert made.next_due(61) == 120
    assert run(made, [61, 119, 120, 121]) == ["+120 GET: inactive -> firing, threshold"]
    assert made.next_due(121) == 180


def test_tick_that_comes_late_evaluates_the_newest_due_instant_as_of_that_instant() -> None:
    store = SeriesStore()
    push(store, at=0)
    push(store, at=190, value=1.0)
    made = engine_of(prometheus_rule("2m"), store=store)
    made.tick(0)
    assert run(made, [200]) == ["+200 GET: pending -> firing, threshold"]
    assert made.next_due(200) == 240


def test_two_groups_have_their_own_intervals() -> None:
    slow, fast = group_of(prometheus_rule()), group_of(prometheus_rule(), every=timedelta(seconds=10))
    made = RuleEngine([slow, fast], SeriesStore())
    dues = []
    now = 1.0
    for _ in range(7):
        now = made.next_due(now)
        made.tick(now)
        dues.append(now)
    assert dues == [10, 20, 30, 40, 50, 60, 70]


@pytest.mark.parametrize("seconds", [0.1, 0.3, 7.7])
def test_interval_that_is_no_round_number_never_evaluates_one_instant_twice(seconds: float) -> None:
    made = RuleEngine([group_of(prometheus_rule(), every=timedelta(seconds=seconds))], SeriesStore())
    now = 1_700_000_000.0
    for _ in range(1000):
        made.tick(now)
        assert made.next_due(now) > now
        now = made.next_due(now)


def test_engine_without_rules_is_never_due() -> None:
    assert RuleEngine([], SeriesStore()).next_due(0) == math.inf


def test_alerts_stand_between_evaluations_and_are_gone_with_the_next() -> None:
    store = SeriesStore()
    push(store, at=0)
    made = engine_of(prometheus_rule(), store=store)
    assert [alert.rule for alert in made.tick(0).alerts] == ["Slow"]
    assert [alert.rule for alert in made.tick(30).alerts] == ["Slow"]
    push(store, at=50, value=1.0)
    assert made.tick(60).alerts == ()


# The incident: nothing comes in any more


def gauge(rule: AlertRule) -> AlertRule:
    return replace(rule, condition=grafana_rule(expr="latency > 50").condition)


def rate(rule: AlertRule) -> AlertRule:
    return replace(rule, condition=grafana_rule(expr="rate(latency[1m]) > 50").condition)


def over_10m(expr: str, rule: AlertRule) -> AlertRule:
    query = Query("A", compile_expression(expr), reach=timedelta(minutes=10), step=timedelta(seconds=10))
    steps = (Reduce("B", "A", "last"), Threshold("C", "B", ">", (50,)))
    return replace(rule, condition=GrafanaCondition(expr, (query,), steps, outcome="C"))


def gauge_over_10m(rule: AlertRule) -> AlertRule:
    return over_10m("latency", rule)


def rate_over_10m(rule: AlertRule) -> AlertRule:
    return over_10m("rate(latency[1m])", rule)


def silence(rule: AlertRule, *, version: GrafanaVersion) -> list[str]:
    """Push for a minute and a half, then no more; evaluate every minute for 20 minutes."""
    store = SeriesStore()
    for at in range(SILENCE - 90, SILENCE + 1, 10):
        push(store, at=at, value=(at - SILENCE + 90) / 10)
    made = RuleEngine([group_of(rule)], store, grafana=version)
    return run(made, range(SILENCE, SILENCE + 1200, 60), since=SILENCE)


SILENT_AT = [(gauge, 300), (gauge_over_10m, 900), (rate, 60), (rate_over_10m, 660)]
"""How long after the last sample the first evaluation finds nothing."""


@pytest.mark.parametrize(("query", "at"), SILENT_AT)
def test_silence_up_to_grafana_12_is_no_data_once_the_query_is_empty(
    query: Callable[[AlertRule], AlertRule], at: int
) -> None:
    rule = query(grafana_rule("2m"))
    assert silence(rule, version=12) == [f"+{at} all: inactive -> no data, no data"]


@pytest.mark.parametrize(("query", "at"), SILENT_AT)
def test_silence_from_grafana_13_on_is_no_data_2m_after_the_query_is_empty(
    query: Callable[[AlertRule], AlertRule], at: int
) -> None:
    rule = query(grafana_rule("2m"))
    assert silence(rule, version=13) == [
        f"+{at} all: inactive -> pending, no data",
        f"+{at + 120} all: pending -> no data, no data",
    ]


@pytest.mark.parametrize(("query", "at"), SILENT_AT)
@pytest.mark.parametrize("version", [12, 13])
def test_silence_as_alerting_fires_every_instance_2m_after_the_query_is_empty(
    query: Callable[[AlertRule], AlertRule], at: int, version: GrafanaVersion
) -> None:
    rule = replace(query(grafana_rule("2m")), no_data_state="Alerting")
    assert silence(rule, version=version) == [
        f"+{at} GET: inactive -> pending, no data",
        f"+{at + 120} GET: pending -> firing, no data",
    ]


@pytest.mark.parametrize("state", ["OK", "KeepLast"])
def test_silence_as_ok_or_keep_last_says_nothing(state: NoDataState) -> None:
    assert silence(replace(gauge(grafana_rule("2m")), no_data_state=state), version=12) == []


def test_silence_seen_by_prometheus_resolves_what_fires() -> None:
    store = SeriesStore()
    push(store, at=SILENCE)
    made = RuleEngine([group_of(prometheus_rule())], store)
    assert run(made, range(SILENCE, SILENCE + 1200, 60), since=SILENCE) == [
        "+0 GET: inactive -> firing, threshold",
        "+300 GET: firing -> inactive, resolved",
    ]


def test_silence_trips_all_rules_of_one_data_source_at_the_same_evaluation() -> None:
    store = SeriesStore()
    for at in range(SILENCE - 60, SILENCE + 1, 10):
        push(store, at=at)
    rules = [replace(rate(grafana_rule("2m")), name=f"Rule{n}") for n in range(3)]
    made = RuleEngine([group_of(*rules)], store)
    made.tick(SILENCE)
    evaluation = made.tick(SILENCE + 60)
    assert [(change.rule, change.state) for change in evaluation.events] == [(f"Rule{n}", "no data") for n in range(3)]
    assert {alert.labels["alertname"] for alert in evaluation.alerts} == {"DatasourceNoData"}


# How soon


def test_evaluation_delay_of_a_name_is_that_of_the_slowest_rule_with_it() -> None:
    quick = replace(grafana_rule(expr="rate(x[1m]) > 1"), name="Same")
    slow = replace(grafana_rule(expr="rate(x[3m]) > 1"), name="Same")
    made = engine_of(quick, slow, prometheus_rule())
    assert made.evaluation_delay("Same", push_interval=timedelta(seconds=10)) == timedelta(seconds=250)


def test_evaluation_delay_of_an_unknown_rule_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(ScenarioError, match=r"unknown alert rule 'Slwo'. Did you mean 'Slow'"):
        engine_of(prometheus_rule()).evaluation_delay("Slwo")
