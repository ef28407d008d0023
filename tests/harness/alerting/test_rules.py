from dataclasses import replace
from datetime import timedelta

import pytest

from harness.alerting.comparisons import COMPARISONS
from harness.alerting.conditions import Threshold
from harness.alerting.promql import ParseError
from harness.alerting.rules import (
    AlertRule,
    GrafanaVersion,
    NoDataState,
    compile_expression,
    evaluation_delay,
    grafana_condition,
)
from tests.harness.alerting.timelines import grafana_rule, prometheus_rule

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "query", "comparison", "bound"),
    [
        ("latency > 5", "latency", ">", 5.0),
        ("5 > latency", "latency", "<", 5.0),
        ("sum(rate(x[1m])) / 2 <= 0.1", "sum(rate(x[1m])) / 2", "<=", 0.1),
        ("latency != -1", "latency", "!=", -1.0),
    ],
)
def test_comparison_at_the_top_becomes_a_query_and_a_threshold(
    text: str, query: str, comparison: str, bound: float
) -> None:
    condition = grafana_condition(text)
    assert condition.queries[0].expression.text == query
    assert condition.steps == (Threshold("B", "A", COMPARISONS[comparison], (bound,)),)


@pytest.mark.parametrize("text", ["absent(up)", "a > 1 and b > 2", "a > b", "a > bool 1", "vector(1)"])
def test_expression_without_a_comparison_at_the_top_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="no comparison with a number at its top"):
        grafana_condition(text)


@pytest.mark.parametrize(("text", "kind"), [("x[5m]", "range vector"), ('"words"', "string")])
def test_expression_that_gives_no_numbers_is_refused(text: str, kind: str) -> None:
    with pytest.raises(ParseError, match=f"gives a {kind}"):
        compile_expression(text)


def rule(state: NoDataState) -> AlertRule:
    return replace(grafana_rule("2m", expr="rate(x[1m]) > 5"), no_data_state=state)


@pytest.mark.parametrize(
    ("judged", "version", "minutes"),
    [
        (rule("NoData"), 12, 2),
        (rule("NoData"), 13, 4),
        (rule("Alerting"), 12, 4),
        (prometheus_rule("2m", expr="absent(x)"), 12, 8),
    ],
)
def test_evaluation_delay_is_window_and_interval_and_for_where_silence_waits_for_it(
    judged: AlertRule, version: GrafanaVersion, minutes: int
) -> None:
    assert evaluation_delay(judged, interval=MINUTE, grafana=version) == minutes * MINUTE


def test_evaluation_delay_allows_for_the_time_between_two_pushes() -> None:
    delay = evaluation_delay(rule("NoData"), interval=MINUTE, push_interval=timedelta(seconds=10))
    assert delay == timedelta(seconds=130)
