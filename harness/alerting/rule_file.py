"""Reads Prometheus rule files; every rule is compiled, and every mistake named, before anything runs.

A rule whose annotations say `no_data_state` (and, if wanted, `exec_err_state`) is judged as Grafana would: what stands
left of its comparison is the query, and a query without an answer is "no data" rather than "all is well".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from harness.alerting import yaml_lines
from harness.alerting.conditions import Condition
from harness.alerting.reading import ERROR_STATES, NO_DATA_STATES, Reading, compiled, one_of
from harness.alerting.rules import (
    AlertRule,
    ErrorState,
    NoDataState,
    RecordingRule,
    RuleGroup,
    compile_expression,
    grafana_condition,
    prometheus_condition,
)
from harness.alerting.templates import Template
from harness.alerting.yaml_lines import Block

DEFAULT_INTERVAL = timedelta(minutes=1)
"""Of a group that names none, as in Prometheus."""

_GROUP_KEYS = ("name", "interval", "limit", "query_offset", "labels", "rules")
_ALERT_KEYS = ("alert", "expr", "for", "keep_firing_for", "labels", "annotations")
_RECORDING_KEYS = ("record", "expr", "labels")
_LABEL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_METRIC_NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")


def load_rules(path: Path, *, no_data_state: NoDataState | None = None) -> tuple[RuleGroup, ...]:
    """Read a Prometheus rule file.

    Args:
        path: the file.
        no_data_state: judge rules that name no state of their own as Grafana would, with this one. Without it they
            are judged as Prometheus would.

    Raises:
        ScenarioError: one line that names the file, the line, the key and what to do.
    """
    return read_rules(yaml_lines.read(path, what="rule file"), Reading(no_data_state))


def read_rules(top: Block, reading: Reading) -> tuple[RuleGroup, ...]:
    """Read what a Prometheus rule file holds.

    Raises:
        ScenarioError: when it holds no list of groups; for all else, what `reading` makes of a refusal.
    """
    top.only(("groups",))
    blocks = top.blocks("groups", each="group")
    if not blocks:
        raise top.error("groups", "there are no groups. Write at least one, with its rules.")
    groups = list(reading.each(blocks, lambda block: _group(block, reading)))
    reading.alone((block, "name", group.name) for block, group in groups)
    return tuple(group for _, group in groups)


@dataclass(frozen=True, slots=True)
class _InGroup:
    """What a rule takes from the group that it stands in."""

    reading: Reading
    labels: Mapping[str, Template]

    def rule(self, block: Block) -> AlertRule | RecordingRule:
        block.only((*_ALERT_KEYS, "record"))
        if ("alert" in block) == ("record" in block):
            both = "both 'alert' and 'record'" if "alert" in block else "neither 'alert' nor 'record'"
            raise block.place.error(f"{block.what} has {both}. Write exactly one of them.")
        return self._alert(block) if "alert" in block else self._recording(block)

    def _alert(self, block: Block) -> AlertRule:
        name = block.text("alert")
        block.what = f"rule {name!r}"
        block.only(_ALERT_KEYS)
        _check_labels(block)
        no_data_state, exec_err_state = _states(block, self.reading.no_data_state)
        judged: Callable[..., Condition] = grafana_condition if no_data_state else prometheus_condition
        annotations = self.reading.templates(block, "annotations")
        return AlertRule(
            name,
            compiled(partial(judged, dialect=self.reading.dialect), block, key="expr"),
            holds_for=block.length("for", timedelta()),
            keep_firing_for=block.length("keep_firing_for", timedelta()),
            labels={**self.labels, **self.reading.templates(block, "labels")},
            annotations={key: text for key, text in annotations.items() if key not in _STATE_KEYS},
            no_data_state=no_data_state or "NoData",
            exec_err_state=exec_err_state,
            where=str(block.at("alert")),
        )

    def _recording(self, block: Block) -> RecordingRule:
        name = block.text("record")
        block.what = f"rule {name!r}"
        block.only(_RECORDING_KEYS)
        if not _METRIC_NAME.fullmatch(name):
            raise block.error("record", f"{name!r} is not a metric name. Use letters, digits, '_' and ':'.")
        _check_labels(block)
        expression = compiled(partial(compile_expression, dialect=self.reading.dialect), block, key="expr")
        labels = {label: template.text for label, template in self.labels.items()} | block.texts("labels")
        return RecordingRule(name, expression, labels, where=str(block.at("record")))


_STATE_KEYS = ("no_data_state", "exec_err_state")


def _group(block: Block, reading: Reading) -> RuleGroup:
    block.only(_GROUP_KEYS)
    block.what = f"group {block.text('name')!r}"
    interval = block.length("interval", DEFAULT_INTERVAL)
    if not interval:
        raise block.error("interval", "a group cannot be evaluated every 0 s. Write a length such as 30s.")
    _check_labels(block)
    given = _InGroup(reading, reading.templates(block, "labels"))
    limit, query_offset = block.whole("limit", 0), block.length("query_offset", timedelta())
    rules = list(reading.each(block.blocks("rules", each=f"{block.what}, rule"), given.rule))
    reading.alone(
        (each, "alert", (rule.name, frozenset(each.texts("labels").items())))
        for each, rule in rules
        if isinstance(rule, AlertRule)
    )
    return RuleGroup(block.text("name"), interval, tuple(rule for _, rule in rules), limit, query_offset)


def _states(block: Block, default: NoDataState | None) -> tuple[NoDataState | None, ErrorState]:
    annotations = block.block("annotations") if block.texts("annotations") else None
    if annotations is None:
        return default, "Error"
    if "no_data_state" in annotations:
        default = one_of(NO_DATA_STATES, annotations, key="no_data_state")
    if "exec_err_state" not in annotations:
        return default, "Error"
    if default is None:
        raise annotations.error("exec_err_state", "means nothing without no_data_state. Add one, such as NoData.")
    return default, one_of(ERROR_STATES, annotations, key="exec_err_state")


def _check_labels(block: Block) -> None:
    for name in block.texts("labels"):
        if not _LABEL_NAME.fullmatch(name) or name == "__name__":
            raise block.block("labels").error(name, "is not a label name. Use letters, digits and '_'.")
