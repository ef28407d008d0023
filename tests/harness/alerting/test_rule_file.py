from datetime import timedelta
from pathlib import Path

import pytest

from harness.alerting.conditions import GrafanaCondition, PrometheusCondition
from harness.alerting.promql import Labels
from harness.alerting.rule_file import load_rules
from harness.alerting.rules import AlertRule, NoDataState, RecordingRule, RuleGroup
from harness.alerting.templates import Subject
from harness.errors import ScenarioError

WHOLE = """\
groups:
- name: pizza
  interval: 30s
  limit: 10
  rules:
  - record: method:requests:rate1m
    expr: sum by (method) (rate(http_requests_total[1m]))
    labels: {team: pizza}
  - alert: Slow
    expr: |
      latency > 5
    for: 1m30s
    keep_firing_for: 2m
    labels: {severity: page, of: 'the {{ $labels.method }}'}
    annotations:
      summary: 'Slow: {{ $value | humanize }}'
- name: empty
  rules:
"""


def load(folder: Path, text: str, no_data_state: NoDataState | None = None) -> tuple[RuleGroup, ...]:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rules(path, no_data_state=no_data_state)


def one(folder: Path, rule: str, no_data_state: NoDataState | None = None) -> AlertRule:
    lines = "".join(f"    {line}\n" for line in rule.splitlines())
    text = f"groups:\n- name: g\n  rules:\n  -\n{lines}"
    (found,) = load(folder, text, no_data_state)[0].rules
    assert isinstance(found, AlertRule)
    return found


def test_rule_file_is_read_whole(tmp_path: Path) -> None:
    pizza, empty = load(tmp_path, WHOLE)
    assert (pizza.name, pizza.interval, pizza.limit) == ("pizza", timedelta(seconds=30), 10)
    assert (empty.name, empty.interval, empty.rules) == ("empty", timedelta(minutes=1), ())
    recording, alert = pizza.rules
    assert isinstance(recording, RecordingRule)
    assert (recording.name, recording.labels) == ("method:requests:rate1m", {"team": "pizza"})
    assert isinstance(alert, AlertRule)
    assert isinstance(alert.condition, PrometheusCondition)
    assert alert.condition.text == "latency > 5"
    assert (alert.holds_for, alert.keep_firing_for) == (timedelta(seconds=90), timedelta(minutes=2))
    series = Labels({"__name__": "latency", "method": "GET"})
    assert alert.labels_of(Subject(series, 9.0)) == {
        "alertname": "Slow", "method": "GET", "of": "the GET", "severity": "page",
    }  # fmt: skip
    assert alert.annotations_of(Subject(series, 9000.0)) == {"summary": "Slow: 9k"}


def test_rule_with_a_no_data_state_is_judged_as_grafana_and_does_not_say_it_to_people(tmp_path: Path) -> None:
    rule = one(
        tmp_path,
        "alert: Slow\nexpr: 5 < latency\nannotations: {no_data_state: KeepLast, exec_err_state: OK, summary: slow}",
    )
    assert isinstance(rule.condition, GrafanaCondition)
    assert rule.condition.queries[0].expression.text == "latency"
    assert (rule.no_data_state, rule.exec_err_state) == ("KeepLast", "OK")
    assert set(rule.annotations) == {"summary"}


def test_rule_without_one_takes_the_loaders_no_data_state_and_its_own_wins(tmp_path: Path) -> None:
    assert one(tmp_path, "alert: Slow\nexpr: latency > 5", "Alerting").no_data_state == "Alerting"
    own = one(tmp_path, "alert: Slow\nexpr: latency > 5\nannotations: {no_data_state: OK}", "Alerting")
    assert own.no_data_state == "OK"


def test_two_rules_of_one_name_with_other_labels_are_two_rules(tmp_path: Path) -> None:
    rules = "".join(
        f"  - alert: Slow\n    expr: latency > {limit}\n    labels: {{severity: {severity}}}\n"
        for limit, severity in ((5, "warning"), (9, "page"))
    )
    (group,) = load(tmp_path, f"groups:\n- name: g\n  rules:\n{rules}")
    assert [rule.labels["severity"].text for rule in group.alerts] == ["warning", "page"]


RULE = "groups:\n- name: g\n  rules:\n  - alert: Slow\n    expr: latency > 5\n"


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("groups: []", 1, "there are no groups"),
        ("rules: []", 1, "unknown key 'rules'. Known: groups"),
        ("groups:\n- name: g\n  intervall: 1m\n", 3, "group 1: unknown key 'intervall'. Did you mean 'interval'"),
        ("groups:\n- rules: []\n", 2, "group 1 has no 'name'"),
        ("groups:\n- name: g\n  interval: 0s\n", 3, "group 'g', interval: a group cannot be evaluated every 0 s"),
        ("groups:\n- name: g\n- name: g\n", 3, "'g' is already in line 2"),
        (RULE + "    fro: 1m\n", 6, "unknown key 'fro'. Did you mean 'for'"),
        (RULE + "    for: 5\n", 6, "rule 'Slow', for: '5' is not a duration"),
        (RULE + "    record: x\n", 4, "has both 'alert' and 'record'"),
        (RULE + "    labels: {0a: x}\n", 6, "rule 'Slow', labels, 0a: is not a label name"),
        (RULE + "    labels: {__name__: x}\n", 6, "__name__: is not a label name"),
        (RULE + "    labels: {a: '{{ nope }}'}\n", 6, "labels, a: .*unknown template function 'nope'"),
        (RULE + "    annotations: {a: '{{ $value'}\n", 6, "annotations, a: .*never closes it"),
        (RULE + "    annotations:\n      no_data_state: Nodata\n", 7, "unknown word 'Nodata'. Did you mean 'NoData'"),
        (RULE + "    annotations:\n      exec_err_state: OK\n", 7, "means nothing without no_data_state"),
        (RULE + RULE.split("rules:\n")[1], 6, "rule 'Slow', alert: 'Slow' is already in line 4"),
        ("groups:\n- name: g\n  rules:\n  - expr: x\n", 4, "has neither 'alert' nor 'record'"),
        ("groups:\n- name: g\n  rules:\n  - alert: A\n", 4, "rule 'A' has no 'expr'"),
        ("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: rate(x\n", 5, "rule 'A', expr: "),
        ("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: x[5m]\n", 5, "gives a range vector"),
        ("groups:\n- name: g\n  rules:\n  - record: a-b\n    expr: x\n", 4, "'a-b' is not a metric name"),
        ("groups:\n- name: g\n  rules:\n  - record: a\n    expr: x\n    for: 1m\n", 6, "unknown key 'for'"),
    ],
)
def test_rule_file_with_a_mistake_is_refused_by_line_and_key(
    tmp_path: Path, text: str, line: int, complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=complaint) as refused:
        load(tmp_path, text)
    assert f"rules.yaml:{line}: " in str(refused.value)


def test_rule_without_a_comparison_judged_as_grafana_is_refused_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(
        ScenarioError, match=r"rules\.yaml:6: rule 'Gone', expr: .*no comparison with a number at its top"
    ):
        one(tmp_path, "alert: Gone\nexpr: absent(up)", "NoData")
