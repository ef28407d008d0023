from __future__ import annotations

import re

import pytest

from harness.alerting.provocation import provocation, recordings_read_by, silencing, why_not
from harness.alerting.provocation.trial import Trial, numbers_of
from harness.alerting.rules import AlertRule, RecordingRule, compile_expression, grafana_condition, prometheus_condition

NOW = 1_733_054_400.0


def rule(text: str, *, grafana: bool = False) -> AlertRule:
    return AlertRule("Slow", grafana_condition(text) if grafana else prometheus_condition(text))


def recording(name: str, text: str) -> RecordingRule:
    return RecordingRule(name, compile_expression(text))


@pytest.mark.parametrize(
    "text",
    [
        "x > 5",
        "x < 5",
        "x == 3",
        "x > 2 and x < 3",
        "sum(rate(x_total[5m])) > 0.5",
        "sum(increase(x_total[1m])) < 1",
        'sum(rate(x{code=~"5.."}[5m])) / sum(rate(x[5m])) > 0.1',
        "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m]))) > 2",
        "absent(x)",
        "absent_over_time(x[10m])",
        "changes(x[10m]) > 3",
        "deriv(x[10m]) < -1",
        "a * on (pod) group_left (node) b > 1",
        "time() - x > 600",
        'count_over_time({app="pizza"} |= "error" [5m]) > 20',
        'sum(rate({app="pizza"} | json | status >= 500 [1m])) > 0.5',
        'avg_over_time({app="pizza"} | logfmt | unwrap duration(took) [5m]) > 2',
    ],
)
def test_rule_that_can_go_off_gets_what_makes_it_and_what_keeps_it_quiet(text: str) -> None:
    found = provocation(rule(text), now=NOW)
    assert found is not None
    assert found.calm is not None
    trial = Trial(rule(text), now=NOW)
    assert {target.name for target in found.breach} == {target.name for target in trial.targets}


def test_plan_that_was_found_does_what_it_says() -> None:
    trial = Trial(rule("x > 5"), now=NOW)
    found = provocation(rule("x > 5"), now=NOW)
    assert found is not None
    assert found.calm is not None
    assert (trial.outcome(found.calm), trial.outcome(found.breach)) == ("quiet", "breached")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x > 5 and x < 3", "its condition held in none of 22 ways for x to go on, around the numbers.*3, 5"),
        ("vector(1) > 2", "it reads no series that could be made up"),
        ('count_over_time({app="a"} |= "x" != "x" [5m]) > 0', "no log line was found"),
    ],
)
def test_rule_that_cannot_go_off_says_why(text: str, why: str) -> None:
    assert provocation(rule(text), now=NOW) is None
    assert re.search(why, why_not(rule(text), now=NOW))


def test_rule_that_can_never_be_evaluated_says_what_went_wrong() -> None:
    impossible = rule("max_over_time(x[30d:10ms]) > 1")
    assert provocation(impossible, now=NOW) is None
    assert re.search("it could not be evaluated in any of .*: .*steps or more", why_not(impossible, now=NOW))


def test_rule_that_compares_now_with_then_gets_a_change_after_the_right_calm() -> None:
    found = provocation(rule("x > 1 unless x offset 30s > 1"), now=NOW)
    assert found is not None
    assert [str(shape) for shape in (found.calm or {}).values()] == ["at 0"]


def test_rule_that_counts_series_gets_enough_of_them() -> None:
    found = provocation(rule("count(x) > 3"), now=NOW)
    assert found is not None
    assert [len(target.series) for target in found.breach] == [4]


def test_silence_is_a_breach_after_what_keeps_a_rule_quiet() -> None:
    found = silencing(rule("sum(rate(x[1m])) < 1", grafana=True), now=NOW)
    assert found is not None
    assert [str(shape) for shape in found.breach.values()] == ["not there"]
    assert [str(shape) for shape in (found.calm or {}).values()] == ["rising by 11 a second"]


def test_recordings_are_those_that_a_rule_reads_directly_or_through_others() -> None:
    every = [recording("c:d", "d"), recording("a:b", "sum(c:d)"), recording("e:f", "e")]
    assert [each.name for each in recordings_read_by(rule("a:b > 1"), every)] == ["c:d", "a:b"]


def test_rule_over_what_another_records_is_fed_at_the_source() -> None:
    found = provocation(rule("a:b > 4"), recordings=[recording("a:b", "sum(c)")], now=NOW)
    assert found is not None
    assert [target.name for target in found.breach] == ["c"]


def test_numbers_of_a_condition_are_those_of_its_query_and_of_its_steps() -> None:
    assert numbers_of(grafana_condition("2 * x > 7")) == {2.0, 7.0}
