"""Rules over log lines, judged as rules over series are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from harness.alerting import logql, promql
from harness.alerting.comparisons import COMPARISONS
from harness.alerting.conditions import GrafanaCondition, PrometheusCondition, Query, Threshold
from harness.alerting.engine import RuleEngine
from harness.alerting.logql import LoggedSeries
from harness.alerting.promql import Labels
from harness.alerting.rules import AlertRule, RecordingRule, RuleGroup
from tests.harness.alerting.logql.scripts import line, store_of
from tests.harness.alerting.timelines import group_of

ERRORS = 'sum(count_over_time({app="pizza"} |= "error" [1m]))'


def prometheus(text: str) -> AlertRule:
    return AlertRule("Errors", PrometheusCondition(text, logql.compile(text)))


def grafana(text: str) -> AlertRule:
    found = logql.split_threshold(text)
    assert found is not None
    query = Query("A", logql.compile(found.query_text))
    limit = Threshold("B", source="A", comparison=COMPARISONS[found.operator], bounds=(found.value,))
    return AlertRule("Errors", GrafanaCondition(text, (query,), (limit,), outcome="B"))


def live(group: RuleGroup, store: LoggedSeries, *, errors: range, until: int = 300) -> list[str]:
    """Write a line every 10 s, some of them errors, evaluate every minute, and tell every transition."""
    engine, said = RuleEngine([group], store), []
    for now in range(0, until + 1, 10):
        store.logs.append(line(now, "error" if now in errors else "fine", app="pizza"))
        evaluation = engine.tick(now)
        assert not evaluation.failures
        said += [f"+{now} {each.previous} -> {each.state}, {each.reason}" for each in evaluation.events]
    return said


def test_rule_over_lines_fires_while_they_are_there_and_resolves_after() -> None:
    said = live(group_of(prometheus(f"{ERRORS} > 2")), store_of(), errors=range(65, 125))
    assert said == ["+120 inactive -> firing, threshold", "+180 firing -> inactive, resolved"]


def test_rule_over_lines_judged_as_grafana_has_no_data_whenever_all_is_well() -> None:
    said = live(group_of(grafana(f"{ERRORS} > 2")), store_of(), errors=range(65, 125))
    assert said == [
        "+0 inactive -> no data, no data",
        "+120 inactive -> firing, threshold",
        "+120 no data -> inactive, missing series",
        "+180 inactive -> no data, no data",
        "+240 firing -> inactive, missing series",
    ]


def test_rule_over_lines_that_says_or_vector_0_is_well_when_all_is_well() -> None:
    said = live(group_of(grafana(f"({ERRORS} or vector(0)) > 2")), store_of(), errors=range(65, 125))
    assert said == ["+120 inactive -> firing, threshold", "+180 firing -> inactive, resolved"]


def test_recording_rule_over_lines_makes_a_series_for_rules_over_series() -> None:
    recording = RecordingRule("pizza:errors:count1m", logql.compile(ERRORS))
    store = store_of()
    live(group_of(recording), store, errors=range(65, 125))
    assert promql.compile("max_over_time(pizza:errors:count1m[5m])").at(store, 300) == [promql.Sample(Labels(), 6.0)]


@pytest.mark.parametrize(("make", "state"), [(prometheus, "error"), (grafana, "error")])
def test_rule_over_lines_that_cannot_be_parsed_is_in_error_and_says_why(make: type, state: str) -> None:
    rule: AlertRule = make('sum(count_over_time({app="pizza"} | json [1m])) > 2')
    store = store_of(line(30, "redacted", app="pizza"))
    evaluation = RuleEngine([group_of(rule)], store).tick(60)
    assert [event.state for event in evaluation.events] == [state]
    assert "pipeline error JSONParserErr in the line 'redacted'" in evaluation.failures["Errors"]


def test_rule_over_lines_tells_how_long_it_may_take_to_notice_silence() -> None:
    engine = RuleEngine([group_of(grafana(f"{ERRORS} > 2"))], store_of())
    assert engine.evaluation_delay("Errors") == timedelta(minutes=2)
