"""Reads any file of rules, and tells by its content whose rules they are."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.alerting import yaml_lines
from harness.alerting.grafana_rules import read_grafana_rules
from harness.alerting.reading import Reading
from harness.alerting.rule_file import read_rules
from harness.alerting.rules import RuleGroup
from harness.alerting.templates import Author
from harness.alerting.yaml_lines import Block
from harness.errors import ScenarioError

_GRAFANA_TOP = frozenset({"apiVersion", "deleteRules"})
_GRAFANA_GROUP = frozenset({"folder", "orgId"})
_GRAFANA_RULE = frozenset({"title", "uid", "data", "condition"})


@dataclass(frozen=True, slots=True)
class RuleFile:
    """What a file of rules holds."""

    author: Author
    """Whose format it has."""
    groups: tuple[RuleGroup, ...]
    """Everything in it that could be read."""


def load_rule_file(path: Path, reading: Reading | None = None) -> RuleFile:
    """Read a Prometheus rule file, or a file that Grafana exports or provisions.

    Args:
        path: the file, YAML or JSON.
        reading: how to read it. Without one, the first mistake is raised.

    Raises:
        ScenarioError: when it is no such file; for a mistake inside it, what `reading` makes of a refusal.
    """
    top = yaml_lines.read(path, what="rule file")
    if "kind" in top and top.text("kind") == "PrometheusRule":  # the operator's wrapping of a rule file
        top = top.block("spec")
    if "route" in top and "receivers" in top:
        raise top.place.error(
            "this is an Alertmanager configuration, which says who hears of alerts, and holds no rules. Give it beside "
            "them: pizza-chaos firedrill RULE --rules FILE --notifications FILE says whether it can be read."
        )
    if "groups" not in top:
        raise top.place.error(
            "there are no 'groups', so this is neither a Prometheus rule file nor what Grafana exports or provisions. "
            "Of Grafana's HTTP API, take /api/v1/provisioning/alert-rules/export."
        )
    if _is_grafana(top):
        return RuleFile("Grafana", read_grafana_rules(top, reading or Reading()))
    return RuleFile("Prometheus", read_rules(top, reading or Reading()))


def _is_grafana(top: Block) -> bool:
    """Look for keys that only Grafana has; a file with a mistake in it still shows them."""
    if any(key in top for key in _GRAFANA_TOP):
        return True
    with suppress(ScenarioError):
        for group in top.blocks("groups", each="group"):
            if any(key in group for key in _GRAFANA_GROUP):
                return True
            for rule in group.blocks("rules", each="rule"):
                return any(key in rule for key in _GRAFANA_RULE)
    return False
