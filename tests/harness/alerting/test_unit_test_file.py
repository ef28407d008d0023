from datetime import timedelta
from pathlib import Path

import pytest

from harness.alerting.promql import Labels
from harness.alerting.templates import External
from harness.alerting.unit_test_file import ExpectedAlert, ExpectedSample, TestGroup, UnitTestFile, read_unit_test_file
from harness.errors import ScenarioError

MINUTE = timedelta(minutes=1)
WHOLE = """\
rule_files: [a.yaml, 'rules/*.yaml', nowhere.yaml]
evaluation_interval: 30s
group_eval_order: [b, a]
fuzzy_compare: true
tests:
- name: story
  interval: 15s
  start_timestamp: 2024-12-01T12:24:00Z
  external_labels: {cluster: eu}
  external_url: https://example
  input_series:
  - series: 'up{job="web"}'
    values: >
      1x2
      stale
  alert_rule_test:
  - eval_time: 1h30m
    alertname: Down
    exp_alerts:
    - exp_labels: {job: web}
      exp_annotations: {summary: down}
    - {}
  promql_expr_test:
  - eval_time: 5m
    expr: up
    exp_samples:
    - {labels: 'up{job="web"}', value: -.inf}
    - {value: 1e3}
"""


def read(folder: Path, text: str) -> UnitTestFile:
    path = folder / "tests.yaml"
    path.write_text(text, encoding="utf-8")
    return read_unit_test_file(path)


def one(folder: Path, text: str) -> TestGroup:
    (group,) = read(folder, text).groups
    return group


def test_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    for name in ("a.yaml", "rules/c.yaml", "rules/b.yaml"):
        (tmp_path / name).touch()
    file = read(tmp_path, WHOLE)
    assert [path.relative_to(tmp_path).as_posix() for path in file.rule_files] == [
        "a.yaml",
        "rules/b.yaml",
        "rules/c.yaml",
    ]
    assert (file.unmatched, file.interval, file.order) == (("nowhere.yaml",), MINUTE / 2, ("b", "a"))
    assert file.is_fuzzy
    (story,) = file.groups
    assert (story.name, story.start, story.interval) == ("story", 1_733_055_840.0, MINUTE / 4)
    assert story.length == timedelta(minutes=90)
    assert story.external == External({"cluster": "eu"}, "https://example")
    assert [series.labels for series in story.series] == [Labels({"__name__": "up", "job": "web"})]
    assert story.series[0].values[:3] == (1.0, 1.0, 1.0)


def test_cases_are_read_with_what_they_expect(tmp_path: Path) -> None:
    story = one(tmp_path, WHOLE)
    (alert,), (expression,) = story.alerts, story.expressions
    assert (alert.name, alert.expected) == (
        "Down",
        (
            ExpectedAlert(Labels({"alertname": "Down", "job": "web"}), Labels({"summary": "down"})),
            ExpectedAlert(Labels({"alertname": "Down"}), Labels()),
        ),
    )
    assert (expression.text, expression.at) == ("up", 5 * MINUTE)
    assert expression.expected == (ExpectedSample('up{job="web"}', float("-inf")), ExpectedSample("", 1000.0))


def test_file_that_says_little_has_promtools_defaults(tmp_path: Path) -> None:
    file = read(tmp_path, "evaluation_interval: 5m\ntests: [{}]\n")
    assert (file.interval, file.groups[0].interval, file.groups[0].start) == (5 * MINUTE, 5 * MINUTE, 0)
    assert read(tmp_path, "tests:\n").interval == MINUTE


def test_start_may_be_seconds_since_1970(tmp_path: Path) -> None:
    assert one(tmp_path, "tests: [{start_timestamp: 1700000000}]").start == 1_700_000_000


SERIES = "tests:\n- input_series:\n  - series: up\n    values: "


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("test: []", 1, "unknown key 'test'. Did you mean 'tests'"),
        ("tests:\n- intervall: 1m", 2, "test 1: unknown key 'intervall'. Did you mean 'interval'"),
        ("group_eval_order: [a, a]", 1, "stands in it twice"),
        ("rule_files: [[a]]", 1, "expected a list of texts"),
        ("evaluation_interval: fast", 1, "'fast' is not a duration"),
        ("tests:\n- start_timestamp: noon", 2, "'noon' is no moment"),
        (SERIES + "1 2 x", 3, "'x' is no value"),
        (SERIES + "'{{sum:1}}'", 4, "native histograms are not supported"),
        ("tests:\n- alert_rule_test:\n  - eval_time: 1m", 3, "test 1, alert 1 has no 'alertname'"),
        ("tests:\n- promql_expr_test:\n  - expr: up\n    exp_samples: [{value: much}]", 4, "'much' is not a number"),
        ("tests:\n- promql_expr_test:\n  - {expr: up, exp_samples: [{histogram: x}]}", 3, "native histograms"),
        ("tests:\n- promql_expr_test:\n  - {expr: up, eval_time: 1000w}", 2, "more than 1,000,000 evaluations"),
    ],
)
def test_file_with_a_mistake_is_refused_by_line_and_key(tmp_path: Path, text: str, line: int, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint) as refused:
        read(tmp_path, text)
    assert f"tests.yaml:{line}: " in str(refused.value)


@pytest.mark.parametrize("pattern", ["", ".", "[", "rules", "/nowhere/*"])
def test_pattern_that_matches_no_file_is_kept_to_be_warned_of(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "rules").mkdir()
    assert read(tmp_path, f"rule_files: ['{pattern}']").unmatched == (pattern,)
