"""Rules that say what silence means, as Prometheus is told of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import harness.stacks.services
from harness.alerting.promql import SeriesStore
from harness.alerting.real.translated import refuse_foreign, translated
from harness.alerting.rule_file import load_rules
from harness.errors import ScenarioError

COURSE = Path(harness.stacks.services.__file__).with_name("pizza_alerts.yaml")


def rules(tmp_path: Path, *written: str) -> list[dict[str, Any]]:
    path = tmp_path / "rules.yaml"
    path.write_text(f"groups: [{{name: a, rules: [{', '.join(written)}]}}]")
    anew = translated(path, load_rules(path))
    if not anew:
        return []
    (group,) = json.loads(anew)["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def said(state: str, expr: str = "sum(up) < 1") -> str:
    return f"{{alert: A, expr: {expr}, for: 1m, labels: {{a: b}}, annotations: {{no_data_state: {state}, s: t}}}}"


def test_rules_without_a_word_of_ours_stay_in_their_own_file(tmp_path: Path) -> None:
    assert rules(tmp_path, "{alert: A, expr: up > 1}", "{record: 'a:b', expr: up}") == []


def test_no_data_is_a_rule_of_its_own_beside_the_rule(tmp_path: Path) -> None:
    plain = {"alert": "A", "expr": "sum(up) < 1", "for": "1m", "labels": {"a": "b"}, "annotations": {"s": "t"}}
    silent = {
        "alert": "DatasourceNoData",
        "expr": "absent(group(sum(up)))",
        "labels": {"a": "b", "rulename": "A", "datasource_uid": "prometheus", "ref_id": "A"},
        "annotations": {"s": "t"},
    }
    assert rules(tmp_path, said("NoData"), "{alert: B, expr: up > 1}") == [
        plain,
        silent,
        {"alert": "B", "expr": "up > 1"},
    ]


def test_alerting_is_part_of_the_rule_and_ok_is_nothing(tmp_path: Path) -> None:
    (alerting,) = rules(tmp_path, said("Alerting"))
    assert alerting["expr"] == "(sum(up) < 1) or absent(group(sum(up)))"
    (fine,) = rules(tmp_path, said("OK", "1 > sum(up)"))
    assert fine["expr"] == "1 > sum(up)"


def test_courses_rules_are_all_said_and_can_be_read_again(tmp_path: Path) -> None:
    groups = load_rules(COURSE)
    refuse_foreign(groups)
    path = tmp_path / "anew.yaml"
    path.write_text(translated(COURSE, groups))
    (group,) = load_rules(path)
    assert len(list(group.alerts)) == 18
    silent = [rule for rule in group.alerts if rule.condition.results(SeriesStore(), now=1e9)]
    assert {rule.name for rule in silent} == {"DatasourceNoData"}
    assert len(silent) == 9


@pytest.mark.parametrize(
    "rule", [said("KeepLast"), said("NoData", "'count_over_time({job=\"a\"}[1m]) > 1'"),
             "{alert: A, expr: 'count_over_time({job=\"a\"}[1m]) > 1'}"],
)  # fmt: skip
def test_rule_that_only_grafana_can_judge_is_refused_by_name(tmp_path: Path, rule: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"groups: [{{name: a, rules: [{rule}, {{alert: Fine, expr: up > 1}}]}}]")
    with pytest.raises(ScenarioError, match="cannot judge A: "):
        refuse_foreign(load_rules(path))
