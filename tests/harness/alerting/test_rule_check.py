from pathlib import Path

import pytest

from harness.alerting.rule_check import check_rules
from harness.alerting.rules import GrafanaVersion


def check(folder: Path, rules: str, *, group: str = "", grafana: GrafanaVersion = 12) -> list[str]:
    """What is said of the rules of one group, without the file's name and the indentation."""
    path = folder / "rules.yaml"
    path.write_text(f"groups:\n- name: g\n{group}  rules:\n{rules}", encoding="utf-8")
    found = check_rules(path, grafana=grafana)
    assert not found.mistakes
    return [line.strip() for line in found.lines[2:]]


def alert(expr: str, more: str = "") -> str:
    return f"  - alert: Slow\n    expr: {expr}\n" + "".join(f"    {line}\n" for line in more.splitlines())


def test_rule_is_told_with_its_line_its_lengths_and_what_it_reads(tmp_path: Path) -> None:
    rules = "  - record: a:b\n    expr: a + b\n" + alert('"sum(rate(x[1m]))\\n > 5"', "for: 2m\nkeep_firing_for: 1m")
    assert check(tmp_path, rules) == [
        "line 4, record a:b: a + b",
        "reads a, b",
        "line 6, alert Slow: sum(rate(x[1m])) > 5, for 2 min, and 1 min longer",
        "reads x",
        "no data: counts as good health: it never fires, and what fires resolves within 3 min of the last sample",
    ]


def test_rule_over_log_lines_is_told_as_one_and_its_silence_is_asked_for(tmp_path: Path) -> None:
    rules = alert("""'sum(count_over_time({app="pizza"} |= "error" [5m])) > 2'""")
    assert check(tmp_path, rules)[1:] == [
        "reads log lines",
        "no data: counts as good health: it never fires, and what fires resolves within 6 min of the last sample",
    ]


def test_group_is_told_with_its_interval_limit_and_offset(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("groups:\n- name: g\n  interval: 30s\n  limit: 5\n  query_offset: 1m\n  rules:\n", encoding="utf-8")
    assert check_rules(path).lines == (
        f"{path}: rules as Prometheus has them",
        "  group 'g', every 30 s, at most 5 results a rule, looking 1 min back",
    )


@pytest.mark.parametrize(
    ("expr", "told"),
    [
        ("absent(x)", "it asks for silence: it fires within 6 min of the last sample"),
        ("sum(rate(x[1m])) < 1 or vector(0) < 1", "it asks for silence: it fires within 2 min of the last sample"),
        ("x > 5", "counts as good health: it never fires, and what fires resolves within 6 min of the last sample"),
    ],
)
def test_silence_of_a_prometheus_rule_is_what_it_says_of_an_empty_store(tmp_path: Path, expr: str, told: str) -> None:
    assert check(tmp_path, alert(f"'{expr}'"))[-1] == f"no data: {told}"


@pytest.mark.parametrize(
    ("state", "version", "told"),
    [
        ("NoData", 12, "told as DatasourceNoData, within 2 min of the last sample"),
        ("NoData", 13, "told as DatasourceNoData after 'for', within 4 min of the last sample"),
        ("Alerting", 12, "counts as a breach: every series fires within 4 min of the last sample"),
        ("OK", 12, "counts as good health: what fires resolves"),
        ("KeepLast", 12, "changes nothing: what fires goes on, and all else stays normal"),
    ],
)
def test_silence_of_a_rule_judged_as_grafana_is_its_no_data_state(
    tmp_path: Path, state: str, version: GrafanaVersion, told: str
) -> None:
    rule = alert("rate(x[1m]) > 5", f"for: 2m\nannotations: {{no_data_state: {state}}}")
    _, reads, silence, error = check(tmp_path, rule, grafana=version)
    assert (silence, error) == (f"no data: {told}", "error: told as DatasourceError")
    assert reads == "reads x; judged as Grafana would: the query first, the limit afterwards"


@pytest.mark.parametrize(("sign", "judged"), [("<", "a breach"), (">", "no breach")])
def test_silence_that_the_query_papers_over_is_told(tmp_path: Path, sign: str, judged: str) -> None:
    rule = alert(f"(sum(x) or vector(0)) {sign} 5", "annotations: {no_data_state: NoData}")
    assert check(tmp_path, rule)[-2] == (
        f"no data: never noticed, for its query has an answer to silence too; that answer is {judged}"
    )


GRAFANA = """\
apiVersion: 1
groups:
- name: g
  folder: f
  interval: 1m
  rules:
  - title: Slow
    condition: C
    data:
    - refId: A
      datasourceUid: prom
      relativeTimeRange: {from: 600, to: 0}
      model: {expr: latency > 5, range: true, intervalMs: 15000}
    - {refId: B, datasourceUid: __expr__, model: {type: reduce, expression: A, reducer: max}}
    - refId: C
      datasourceUid: __expr__
      model: {type: threshold, expression: B, conditions: [{evaluator: {type: within_range, params: [1, 9]}}]}
"""


def test_grafana_rule_is_told_step_by_step_and_warned_of_a_query_that_compares(tmp_path: Path) -> None:
    path = tmp_path / "grafana.yaml"
    path.write_text(GRAFANA, encoding="utf-8")
    head, _, *told = check_rules(path).lines
    assert head.endswith("rules as Grafana has them")
    assert [line.strip() for line in told] == [
        "line 7, alert Slow: latency > 5",
        "A asks over 10 min, every 15 s: latency > 5; reads latency",
        "beware: A compares, so it has no data whenever all is well. Leave that to a threshold.",
        "B is the max of A",
        "C is B in (1, 9)",
        "C decides: a breach is any number but 0",
        "no data: told as DatasourceNoData, within 16 min of the last sample",
        "error: counts as a breach",
    ]


def test_exported_rule_over_one_instant_says_its_limit_and_whom_it_tells(tmp_path: Path) -> None:
    path = tmp_path / "grafana.yaml"
    instant = GRAFANA.replace("latency > 5, range: true", "latency, instant: true").replace(
        "expression: B", "expression: A"
    )
    back = instant.replace("params: [1, 9]}", "params: [1, 9]}, unloadEvaluator: {type: gt, params: [12]}")
    path.write_text(back + "    notification_settings: {receiver: pizza}\n", encoding="utf-8")
    told = [line.strip() for line in check_rules(path).lines]
    assert "C is A in (1, 9), until A > 12" in told
    assert told[-1] == "told to 'pizza', whatever the notification policies say"


def test_mistakes_are_gathered_and_what_can_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("groups:\n- name: g\n  rules:\n" + alert("x(") + alert("y", "fro: 1m") + alert("z > 1"), "utf-8")
    found = check_rules(path)
    assert (found.readable, len(found.lines)) == (1, 5)
    first, second = found.mistakes
    assert first.startswith(f"{path}:5: rule 'Slow', expr: ")
    assert second.startswith(f"{path}:8: group 'g', rule 2: unknown key 'fro'. Did you mean 'for'?")


def test_file_that_holds_no_rules_is_one_mistake(tmp_path: Path) -> None:
    found = check_rules(tmp_path / "nowhere.yaml")
    assert (found.lines, found.readable, len(found.mistakes)) == ((), 0, 1)
    assert "cannot be read: No such file" in found.mistakes[0]


def test_file_without_groups_is_refused_with_where_grafana_exports_them(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text('{"title": "g", "folderUid": "f", "interval": 60, "rules": []}', encoding="utf-8")
    (mistake,) = check_rules(path).mistakes
    assert mistake.startswith(f"{path}:1: there are no 'groups'")
    assert "/api/v1/provisioning/alert-rules/export" in mistake


def test_alertmanager_configuration_in_place_of_rules_is_told_where_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text("route: {receiver: pager}\nreceivers: [{name: pager}]\n")
    (mistake,) = check_rules(path).mistakes
    assert mistake.startswith(f"{path}:1: this is an Alertmanager configuration")
    assert "--notifications FILE" in mistake


def test_what_a_provisioning_file_holds_besides_is_told_as_not_evaluated(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("apiVersion: 1\npolicies: []\ngroups: [{name: g, folder: f, interval: 1m, rules: []}]\n")
    assert check_rules(path).lines[-1] == "  not evaluated: line 2, policies: who is told stands in --notifications"
