from pathlib import Path

import pytest

from harness.alerting.promql import Dialect, Semantics
from harness.alerting.rules import GrafanaVersion
from harness.alerting.unit_tests import UnitTests, run_unit_tests

SAMPLES = Path(__file__).parent / "samples"
V2, V3 = Dialect(Semantics.V2), Dialect(Semantics.V3)
RULES = """\
groups:
- name: b
  interval: 1h
  rules:
  - {record: doubled, expr: 'counted * 2'}
- name: a
  interval: 7s
  rules:
  - {record: counted, expr: 'count_over_time(up[1m])'}
  - alert: Down
    expr: up == 0
    for: 2m
  - alert: Cold
    expr: heat < 5
    for: 2m
    annotations: {no_data_state: NoData}
"""
UP = "  input_series:\n  - {series: up, values: '1 1 0 0 0 0 stale'}\n"


def run(folder: Path, tests: str, *, dialect: Dialect = V3, grafana: GrafanaVersion = 12) -> UnitTests:
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    path = folder / "tests.yaml"
    path.write_text(f"rule_files: [rules.yaml]\n{tests}", encoding="utf-8")
    return run_unit_tests(path, dialect=dialect, grafana=grafana)


def story(cases: str) -> str:
    return f"tests:\n- interval: 1m\n{UP}{cases}"


def expression(text: str, at: str, *samples: str) -> str:
    return f"  promql_expr_test:\n  - {{expr: '{text}', eval_time: {at}, exp_samples: [{', '.join(samples)}]}}\n"


def test_sample_file_whose_rules_do_as_expected_succeeds() -> None:
    ran = run_unit_tests(SAMPLES / "passing_tests.yaml", dialect=V2)
    assert ran.lines == (f"Unit Testing:  {SAMPLES / 'passing_tests.yaml'}", "  SUCCESS", "")
    assert ran.exit_code == 0


def test_sample_file_whose_rules_do_not_is_told_in_promtools_words() -> None:
    ran = run_unit_tests(SAMPLES / "failing_tests.yaml", dialect=V2)
    expected = (SAMPLES / "failing_tests.txt").read_text(encoding="utf-8")
    assert "\n".join(ran.lines[1:]) + "\n" == expected
    assert ran.exit_code == 1


@pytest.mark.parametrize(("dialect", "count"), [(V2, 2), (V3, 1)])
def test_windows_are_those_of_the_dialect(tmp_path: Path, dialect: Dialect, count: int) -> None:
    tests = story(expression("count_over_time(up[1m])", "1m", f"{{labels: '{{}}', value: {count}}}"))
    assert run(tmp_path, tests, dialect=dialect).exit_code == 0
    assert run(tmp_path, tests, dialect=V2 if dialect is V3 else V3).exit_code == 1


def test_every_group_is_evaluated_at_the_files_interval_whatever_its_own(tmp_path: Path) -> None:
    tests = story(expression("count_over_time(counted[3m])", "3m", "{labels: '{}', value: 3}"))
    assert run(tmp_path, tests).exit_code == 0


def test_groups_are_evaluated_in_the_order_that_the_file_gives(tmp_path: Path) -> None:
    at_once = story(expression("doubled", "0m", "{labels: doubled, value: 2}"))
    assert run(tmp_path, at_once).exit_code == 1
    assert run(tmp_path, f"group_eval_order: [a, b]\n{at_once}").exit_code == 0


def test_alerts_are_those_of_the_last_evaluation_that_is_not_later(tmp_path: Path) -> None:
    at = "  alert_rule_test:\n  - {{eval_time: {}, alertname: Down, exp_alerts: [{}]}}\n"
    assert run(tmp_path, story(at.format("3m59s", ""))).exit_code == 0
    assert run(tmp_path, story(at.format("4m", "{}"))).exit_code == 0
    assert run(tmp_path, story(at.format("4m59s", "{}"))).exit_code == 0


def test_expression_sees_only_the_samples_that_had_come_in_by_the_last_evaluation(tmp_path: Path) -> None:
    tests = f"evaluation_interval: 4m\n{story(expression('up', '6m', '{labels: up, value: 0}'))}"
    assert run(tmp_path, tests).exit_code == 0


def test_subquery_without_a_step_takes_the_files_interval(tmp_path: Path) -> None:
    tests = story(expression("count_over_time(up[2m:])", "2m", "{labels: '{}', value: 4}"))
    assert run(tmp_path, f"evaluation_interval: 30s\n{tests}").exit_code == 0


def test_story_may_begin_at_another_moment(tmp_path: Path) -> None:
    begin = "  start_timestamp: 1700000007\n"
    tests = story(begin + expression("timestamp(up)", "1m", "{labels: '{}', value: 1700000067}"))
    assert run(tmp_path, tests).exit_code == 0


@pytest.mark.parametrize(("fuzzy", "code"), [("", 1), ("fuzzy_compare: true\n", 0)])
def test_value_is_compared_exactly_unless_the_file_is_fuzzy(tmp_path: Path, fuzzy: str, code: int) -> None:
    tests = fuzzy + story(expression("vector(0.1 + 0.2)", "0m", "{labels: '{}', value: 0.3}"))
    assert run(tmp_path, tests).exit_code == code


def test_nan_is_what_is_expected_where_nan_is_expected(tmp_path: Path) -> None:
    assert run(tmp_path, story(expression("vector(0 / 0)", "0m", "{labels: '{}', value: .nan}"))).exit_code == 0


AT_ONCE = """{
  exp_labels: {rulename: Cold, datasource_uid: prometheus, ref_id: A}, exp_annotations: {grafana_state_reason: NoData}
}"""


@pytest.mark.parametrize(("version", "fires"), [(12, AT_ONCE), (13, "")])
def test_rule_that_grafana_judges_is_tested_with_its_own_manners(
    tmp_path: Path, version: GrafanaVersion, fires: str
) -> None:
    case = f"  alert_rule_test:\n  - {{eval_time: 1m, alertname: DatasourceNoData, exp_alerts: [{fires}]}}\n"
    assert run(tmp_path, story(case), grafana=version).exit_code == 0


def test_case_about_an_alert_that_no_rule_has_is_warned_of(tmp_path: Path) -> None:
    ran = run(tmp_path, story("  alert_rule_test:\n  - {eval_time: 1m, alertname: Dwon}\n"))
    assert ran.lines[1:] == ("  WARNING: no rule has the alertname Dwon", "  SUCCESS", "")


def test_rule_that_cannot_be_evaluated_ends_its_story(tmp_path: Path) -> None:
    twins = UP + "  - {series: 'up{a=\"b\"}', values: '0 0'}\n  - {series: 'heat{a=\"b\"}', values: 1}\n"
    (tmp_path / "more.yaml").write_text("groups: [{name: c, rules: [{record: x, expr: up * on() heat}]}]", "utf-8")
    tests = f"tests:\n- interval: 1m\n{twins}{expression('up', '1m')}"
    (tmp_path / "tests.yaml").write_text(f"rule_files: [more.yaml]\n{tests}", encoding="utf-8")
    ran = run_unit_tests(tmp_path / "tests.yaml", dialect=V3)
    assert ran.exit_code == 1
    assert [line[:30] for line in ran.lines[1:] if line] == ["  FAILED:", "    rule: x, time: 0s, err: se"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("up[5m]", "gives a range vector"), ("up{", "err: "), ("nope(", "err: ")],
)
def test_expression_that_cannot_be_asked_fails_and_says_why(tmp_path: Path, text: str, told: str) -> None:
    ran = run(tmp_path, story(expression(text, "1m")))
    assert ran.exit_code == 1
    assert told in ran.lines[2]


@pytest.mark.parametrize(
    ("tests", "told"),
    [("tset: []", "unknown key 'tset'"), ("tests: [{interval: x}]", "'x' is not a duration")],
)
def test_file_that_cannot_be_read_is_neither_a_success_nor_a_failure(tmp_path: Path, tests: str, told: str) -> None:
    ran = run(tmp_path, tests)
    assert (ran.lines[1], ran.exit_code) == ("  FAILED:", 2)
    assert told in ran.lines[2]


def test_rule_file_that_cannot_be_read_is_told_by_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("groups: [{name: c, rules: [{record: x, expr: up(}]}]", encoding="utf-8")
    (tmp_path / "tests.yaml").write_text("rule_files: [broken.yaml]\ntests: [{}]", encoding="utf-8")
    ran = run_unit_tests(tmp_path / "tests.yaml", dialect=V3)
    assert ran.exit_code == 2
    assert "broken.yaml:1: " in ran.lines[2]
