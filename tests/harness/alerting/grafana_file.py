"""A rule as Grafana exports it, for tests that change a word of it."""

from __future__ import annotations

from pathlib import Path

from harness.alerting.conditions import GrafanaCondition
from harness.alerting.grafana_rules import load_grafana_rules
from harness.alerting.rules import AlertRule, RuleGroup

RULE = """\
apiVersion: 1
groups:
- orgId: 1
  name: pizza
  folder: Course
  interval: 1m
  rules:
  - uid: abc
    title: Slow
    condition: C
    data:
    - refId: A
      relativeTimeRange: {from: 600, to: 0}
      datasourceUid: grafanacloud-prom
      model: {expr: 'rate(latency[$__rate_interval])', range: true, intervalMs: 10000, refId: A}
    - refId: C
      datasourceUid: __expr__
      model: {type: threshold, expression: B, conditions: [{evaluator: {type: gt, params: [50, 0]}}]}
    - refId: B
      datasourceUid: __expr__
      model: {type: reduce, expression: A, reducer: last}
    for: 2m
    annotations: {summary: 'slow'}
    labels: {severity: page}
"""


def load(folder: Path, text: str) -> tuple[RuleGroup, ...]:
    """Read a file of that text."""
    path = folder / "grafana.yaml"
    path.write_text(text, encoding="utf-8")
    return load_grafana_rules(path)


def one(folder: Path, text: str = RULE) -> AlertRule:
    """Read the one rule of a file of that text."""
    ((rule,),) = (group.rules for group in load(folder, text))
    assert isinstance(rule, AlertRule)
    return rule


def condition(rule: AlertRule) -> GrafanaCondition:
    """Give what the rule asks, which is Grafana's."""
    assert isinstance(rule.condition, GrafanaCondition)
    return rule.condition
