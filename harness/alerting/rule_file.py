"""Reads Prometheus rule files; every rule is compiled, and every mistake named, before anything runs.

A rule whose annotations say `no_data_state` (and, if wanted, `exec_err_state`) is judged as Grafana would: what stands
left of its comparison is the query, and a query without an answer is "no data" rather than "all is well".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypeVar, get_args

from harness.alerting import yaml_lines
from harness.alerting.conditions import Condition
from harness.alerting.promql import PromQLError
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
from harness.errors import ScenarioError, unknown_name

DEFAULT_INTERVAL = timedelta(minutes=1)
"""Of a group that names none, as in Prometheus."""

_GROUP_KEYS = ("name", "interval", "limit", "rules")
_ALERT_KEYS = ("alert", "expr", "for", "keep_firing_for", "labels", "annotations")
_RECORDING_KEYS = ("record", "expr", "labels")
_LABEL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_METRIC_NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_NO_DATA_STATES: dict[str, NoDataState] = {state: state for state in get_args(NoDataState)}
_ERROR_STATES: dict[str, ErrorState] = {state: state for state in get_args(ErrorState)}

Meaning = TypeVar("Meaning")


def load_rules(path: Path, *, no_data_state: NoDataState | None = None) -> tuple[RuleGroup, ...]:
    """Read a Prometheus rule file.

    Args:
        path: the file.
        no_data_state: judge rules that name no state of their own as Grafana would, with this one. Without it they
            are judged as Prometheus would.

    Raises:
        ScenarioError: one line that names the file, the line, the key and what to do.
    """
    top = yaml_lines.read(path, what="rule file")
    top.only(("groups",))
    blocks = top.blocks("groups", each="group")
    if not blocks:
        raise top.error("groups", "there are no groups. Write at least one, with its rules.")
    groups = tuple(_group(block, no_data_state) for block in blocks)
    refuse_twins((block, "name", block.text("name")) for block in blocks)
    refuse_twins(_alerts(blocks))
    return groups


def refuse_twins(named: Iterable[tuple[Block, str, object]]) -> None:
    """Refuse two blocks that could not be told apart; each comes with the key and the meaning of its name."""
    seen: dict[object, int] = {}
    for block, key, meaning in named:
        if meaning in seen:
            problem = f"{block.text(key)!r} is already in line {seen[meaning]}. Give it another name, or other labels."
            raise block.error(key, problem)
        seen[meaning] = block.at(key).line


def one_of(words: Mapping[str, Meaning], block: Block, *, key: str) -> Meaning:
    """Read one of a few words, such as a no-data state."""
    text = block.text(key)
    if text not in words:
        raise block.error(key, unknown_name("word", text, known=words))
    return words[text]


def templates(block: Block, key: str) -> dict[str, Template]:
    """Read labels or annotations."""
    found = {}
    for name, text in block.texts(key).items():
        try:
            found[name] = Template.parse(text)
        except ScenarioError as error:
            raise block.block(key).error(name, str(error)) from error
    return found


def compiled(read: Callable[[str], Meaning], block: Block, *, key: str) -> Meaning:
    """Read an expression."""
    try:
        return read(block.text(key).strip())
    except PromQLError as error:
        raise block.error(key, str(error)) from error


def _alerts(groups: Iterable[Block]) -> Iterable[tuple[Block, str, object]]:
    for group in groups:
        for block in group.blocks("rules", each="rule"):
            if "alert" in block:
                yield block, "alert", (block.text("alert"), frozenset(block.texts("labels").items()))


def _group(block: Block, no_data_state: NoDataState | None) -> RuleGroup:
    block.only(_GROUP_KEYS)
    block.what = f"group {block.text('name')!r}"
    interval = block.length("interval", DEFAULT_INTERVAL)
    if not interval:
        raise block.error("interval", "a group cannot be evaluated every 0 s. Write a length such as 30s.")
    rules = tuple(_rule(each, no_data_state) for each in block.blocks("rules", each=f"{block.what}, rule"))
    return RuleGroup(block.text("name"), interval, rules, block.whole("limit", 0))


def _rule(block: Block, no_data_state: NoDataState | None) -> AlertRule | RecordingRule:
    block.only((*_ALERT_KEYS, "record"))
    if ("alert" in block) == ("record" in block):
        both = "both 'alert' and 'record'" if "alert" in block else "neither 'alert' nor 'record'"
        raise block.place.error(f"{block.what} has {both}. Write exactly one of them.")
    return _alert(block, no_data_state) if "alert" in block else _recording(block)


def _alert(block: Block, no_data_state: NoDataState | None) -> AlertRule:
    name = block.text("alert")
    block.what = f"rule {name!r}"
    block.only(_ALERT_KEYS)
    _check_labels(block)
    no_data_state, exec_err_state = _states(block, no_data_state)
    read: Callable[[str], Condition] = grafana_condition if no_data_state else prometheus_condition
    annotations = templates(block, "annotations")
    return AlertRule(
        name,
        compiled(read, block, key="expr"),
        holds_for=block.length("for", timedelta()),
        keep_firing_for=block.length("keep_firing_for", timedelta()),
        labels=templates(block, "labels"),
        annotations={key: text for key, text in annotations.items() if key not in ("no_data_state", "exec_err_state")},
        no_data_state=no_data_state or "NoData",
        exec_err_state=exec_err_state,
    )


def _states(block: Block, default: NoDataState | None) -> tuple[NoDataState | None, ErrorState]:
    annotations = block.block("annotations") if block.texts("annotations") else None
    if annotations is None:
        return default, "Error"
    if "no_data_state" in annotations:
        default = one_of(_NO_DATA_STATES, annotations, key="no_data_state")
    if "exec_err_state" not in annotations:
        return default, "Error"
    if default is None:
        raise annotations.error("exec_err_state", "means nothing without no_data_state. Add one, such as NoData.")
    return default, one_of(_ERROR_STATES, annotations, key="exec_err_state")


def _recording(block: Block) -> RecordingRule:
    name = block.text("record")
    block.what = f"rule {name!r}"
    block.only(_RECORDING_KEYS)
    if not _METRIC_NAME.fullmatch(name):
        raise block.error("record", f"{name!r} is not a metric name. Use letters, digits, '_' and ':'.")
    _check_labels(block)
    return RecordingRule(name, compiled(compile_expression, block, key="expr"), block.texts("labels"))


def _check_labels(block: Block) -> None:
    for name in block.texts("labels"):
        if not _LABEL_NAME.fullmatch(name) or name == "__name__":
            raise block.block("labels").error(name, "is not a label name. Use letters, digits and '_'.")
