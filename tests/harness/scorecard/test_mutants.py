"""Rules broken on purpose."""

from __future__ import annotations

from pathlib import Path

from harness.alerting.loading import load_rule_file
from harness.scorecard.mutants import judge, mutants
from tests.harness.scorecard.made import FAILING, QUIET, SLOW, TWO_RULES, a_play, rules

GRAFANA = """
groups:
  - name: shop
    interval: 15s
    rules:
      - {alert: Slow, expr: avg(latency_seconds) > 5, for: 1m, annotations: {no_data_state: NoData}}
      - {alert: Idle, expr: errors < 0, annotations: {no_data_state: OK}}
"""


def made(folder: Path, text: str = TWO_RULES) -> list[str]:
    return [f"{each.rule} {each.what}" for each in mutants(rules(folder, text))]


def notices(folder: Path, text: str = TWO_RULES) -> dict[str, tuple[str, ...]]:
    found = judge(rules(folder, text), [FAILING, SLOW, QUIET])
    return {f"{each.mutant.rule} {each.mutant.what}": each.notices for each in found}


def test_each_rule_is_broken_in_every_way_that_applies_to_it(tmp_path: Path) -> None:
    assert made(tmp_path) == [
        "Errors with its limit at 5",
        "Errors with errors misspelt",
        "Slow without its `for: 1 min`",
        "Slow with its limit at 50",
        "Slow with latency_seconds misspelt",
    ]


def test_rule_that_grafana_judges_is_broken_in_the_same_ways(tmp_path: Path) -> None:
    assert made(tmp_path, GRAFANA) == [
        "Slow without its `for: 1 min`",
        "Slow with its limit at 50",
        "Slow with latency_seconds misspelt",
        "Idle with its limit at -100",
        "Idle with errors misspelt",
    ]


EXPORTED = """
apiVersion: 1
groups:
- {name: shop, folder: f, interval: 15s, rules: [{title: T, condition: M, data: [
    {refId: A, datasourceUid: p, relativeTimeRange: {from: 60, to: 0}, model: {expr: errors, range: true}},
    {refId: C, datasourceUid: __expr__, model: {type: classic_conditions, conditions: [
      {evaluator: {type: gt, params: [4]}, query: {params: [A]}, reducer: {type: max}},
      {evaluator: {type: no_value}, operator: {type: or}, query: {params: [A]}, reducer: {type: max}}]}},
    {refId: M, datasourceUid: __expr__, model: {type: math, expression: "$C * 2 >= 1.5"}}]}]}
"""


def test_limits_of_math_and_of_classic_conditions_are_moved(tmp_path: Path) -> None:
    path = tmp_path / "exported.yaml"
    path.write_text(EXPORTED)
    broken = list(mutants(load_rule_file(path).groups))
    assert [each.what for each in broken] == ["with its limit at 40", "with its limit at 15", "with errors misspelt"]
    moved = [each.groups[0].rules[0].condition.steps for each in broken]  # type: ignore[union-attr]
    assert [[str(step) for step in steps] for steps in moved[:2]] == [
        ["max(A) > 40 or max(A) has no value", "$C * 2 >= 1.5"],
        ["max(A) > 4 or max(A) has no value", "$C * 2 >= 15.0"],
    ]


def test_mutant_that_a_trial_notices_says_what_is_otherwise(tmp_path: Path) -> None:
    found = notices(tmp_path)
    assert found["Slow without its `for: 1 min`"] == ("factory_throttle is noticed 1 min sooner",)
    assert found["Slow with its limit at 50"] == ("factory_throttle goes unnoticed",)
    assert found["Errors with errors misspelt"] == ("factory_fail goes unnoticed",)


def test_mutant_that_no_trial_notices_survives(tmp_path: Path) -> None:
    assert notices(tmp_path)["Errors with its limit at 5"] == ()


def test_metric_is_misspelt_only_where_it_is_a_whole_word(tmp_path: Path) -> None:
    text = "groups: [{name: shop, rules: [{alert: A, expr: 'errors / errors_total > 1'}]}]"
    broken = [each for each in mutants(rules(tmp_path, text)) if "errors misspelt" in each.what]
    assert broken[0].groups[0].rules[0].condition.text == "errors_renamed / errors_total > 1"  # type: ignore[union-attr]


def test_recording_rule_that_an_alert_reads_stays_beside_it(tmp_path: Path) -> None:
    text = """
groups:
  - name: shop
    interval: 15s
    rules:
      - {record: 'shop:errors', expr: sum(errors)}
      - {alert: Errors, expr: 'shop:errors > 0.5'}
"""
    play = a_play("factory_fail", {"errors": [(0, 600)]})
    found = {each.mutant.what: each.notices for each in judge(rules(tmp_path, text), [play])}
    assert found["with its limit at 5"] == ()
    assert found["with shop:errors misspelt"] == ("factory_fail goes unnoticed",)


def test_limit_below_zero_is_moved_away_from_what_it_catches(tmp_path: Path) -> None:
    text = "groups: [{name: shop, rules: [{alert: Cold, expr: errors < -5}, {alert: Warm, expr: errors > -5}]}]"
    moved = [each for each in made(tmp_path, text) if "limit" in each]
    assert moved == ["Cold with its limit at -50", "Warm with its limit at -0.5"]


def test_difference_of_one_evaluation_is_none(tmp_path: Path) -> None:
    assert notices(tmp_path, TWO_RULES.replace("1m", "15s"))["Slow without its `for: 15 s`"] == ()
