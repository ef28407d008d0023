"""Rules that say what silence means, in words that Prometheus knows.

To Prometheus, no answer is good health. A rule of ours that says otherwise (`no_data_state`) is written anew for it:

- `NoData`: the rule as it is, and beside it a rule DatasourceNoData, which fires while the query has no answer at all.
- `Alerting`: the rule, `or` the query has no answer.
- `OK`: the rule as it is.
- `KeepLast` cannot be said, and is refused.

What still differs: a series that falls silent while others go on is let go at once, not after two evaluations; and an
evaluation that fails changes nothing, whatever `exec_err_state` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from harness.alerting.conditions import Condition, GrafanaCondition
from harness.alerting.logql import LogExpression
from harness.alerting.promql import split_threshold
from harness.alerting.rules import AlertRule, RuleGroup
from harness.errors import ScenarioError

NO_DATA = "DatasourceNoData"
"""The alert that stands for a query without an answer; its label `rulename` says whose."""

_OURS = ("no_data_state", "exec_err_state")


def refuse_foreign(groups: Sequence[RuleGroup]) -> None:
    """Refuse rules that cannot be said in Prometheus' words.

    Raises:
        ScenarioError: naming them.
    """
    names = [rule.name for group in groups for rule in group.alerts if _is_foreign(rule)]
    if names:
        message = (
            f"alerting 'prometheus' cannot judge {', '.join(names)}: rules of a Grafana export, rules over log lines "
            "and the no_data_state KeepLast are Grafana's. Give others with --rules, or leave --alerting out."
        )
        raise ScenarioError(message)


def translated(path: Path, groups: Sequence[RuleGroup]) -> str:
    """Write a rule file as Prometheus is to read it; "" where it can read it as it is.

    Args:
        path: the rule file, which could be read.
        groups: what is in it.
    """
    silent = {rule.name: rule for group in groups for rule in group.alerts if _asks_first(rule.condition)}
    if not silent:
        return ""
    top = yaml.safe_load(path.read_text(encoding="utf-8"))
    top = top.get("spec", top)
    for group in top["groups"]:
        group["rules"] = [each for rule in group["rules"] for each in _translated(rule, silent)]
    return json.dumps(top, indent=1)  # JSON is YAML


def _translated(rule: dict[str, Any], silent: Mapping[str, AlertRule]) -> Iterator[dict[str, Any]]:
    known = silent.get(rule.get("alert", ""))
    if known is None:
        yield rule
        return
    annotations = {name: text for name, text in (rule.get("annotations") or {}).items() if name not in _OURS}
    plain = {**rule, "annotations": annotations}
    unanswered = f"absent(group({_query(known.condition)}))"
    if known.no_data_state == "Alerting":
        plain["expr"] = f"({rule['expr']}) or {unanswered}"
    yield plain
    if known.no_data_state == "NoData":
        yield {
            "alert": NO_DATA,
            "expr": unanswered,
            "labels": _labels(rule, known.condition),
            "annotations": annotations,
        }


def _labels(rule: Mapping[str, Any], condition: Condition) -> dict[str, str]:
    assert isinstance(condition, GrafanaCondition)
    asked = condition.queries[0]
    named = {"rulename": rule["alert"], "datasource_uid": asked.datasource, "ref_id": asked.ref}
    return {**(rule.get("labels") or {}), **named}


def _query(condition: Condition) -> str:
    found = split_threshold(condition.text)
    return condition.text if found is None else found.query_text


def _asks_first(condition: Condition) -> bool:
    return isinstance(condition, GrafanaCondition)


def _is_foreign(rule: AlertRule) -> bool:
    condition = rule.condition
    if isinstance(condition, GrafanaCondition):
        over_lines = any(isinstance(query.expression, LogExpression) for query in condition.queries)
        return over_lines or "grafana_folder" in rule.labels or rule.no_data_state == "KeepLast"
    return isinstance(condition.expression, LogExpression)
