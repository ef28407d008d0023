"""Reads Grafana's alert rules as it exports and provisions them, in YAML or JSON.

Read are queries of Prometheus and of Loki, instant and over a range, and the expressions `math`, `reduce`, `threshold`
and `classic_conditions`. A rule that needs another expression (`resample`, `sql`) or another data source is refused,
and the message says so.

Source: Grafana, file provisioning of alerting resources; pkg/expr; pkg/promlib/models/query.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from harness.alerting import yaml_lines
from harness.alerting.conditions import GrafanaCondition, Query
from harness.alerting.grafana_expressions import read_steps
from harness.alerting.reading import ERROR_STATES, NO_DATA_STATES, Reading, compiled, one_of
from harness.alerting.routing import BY_EVERYTHING, Policy, Route
from harness.alerting.rules import AlertRule, RuleGroup, compile_expression
from harness.alerting.templates import Template
from harness.alerting.time_interval_file import Intervals, intervals_named, read_time_intervals
from harness.alerting.yaml_lines import Block

SCRAPE_INTERVAL = timedelta(seconds=15)
"""What Grafana takes a data source to be scraped at, unless told otherwise."""

_FILE_KEYS = ("apiVersion", "groups", "muteTimes")
_LEFT_OUT = {
    "contactPoints": "who is told stands in --notifications",
    "policies": "who is told stands in --notifications",
    "templates": "notifications are told by their labels and annotations",
    **dict.fromkeys(
        ("deleteRules", "deleteContactPoints", "resetPolicies", "deleteTemplates", "deleteMuteTimes"),
        "nothing was there before",
    ),
}
"""What else a provisioning file may hold, and why it says nothing about when a rule fires."""
_GROUP_KEYS = ("orgId", "name", "folder", "interval", "rules")
_RULE_KEYS = (
    "uid", "title", "condition", "data", "dashboardUid", "dasboardUid", "panelId", "noDataState", "execErrState",
    "for", "keepFiringFor", "missing_series_evals_to_resolve", "annotations", "labels", "isPaused",
    "notification_settings", "record",
)  # fmt: skip
_DATA_KEYS = ("refId", "queryType", "relativeTimeRange", "datasourceUid", "model")
_SETTINGS_KEYS = (
    "receiver", "group_by", "group_wait", "group_interval", "repeat_interval", "mute_time_intervals",
    "active_time_intervals",
)  # fmt: skip
_EXPRESSIONS = ("__expr__", "-100")
"""The uid that stands for no data source but an expression, now and in older exports."""

_MILLISECOND = timedelta(milliseconds=1)
_MACRO = re.compile(r"\$\{?__(rate_interval|interval_ms|interval|range_s|range_ms|range|auto)\b\}?")


def load_grafana_rules(path: Path) -> tuple[RuleGroup, ...]:
    """Read the alert rules of a Grafana provisioning or export file; paused rules are left out.

    Raises:
        ScenarioError: one line that names the file, the line, the key and what to do.
    """
    return read_grafana_rules(yaml_lines.read(path, what="Grafana rule file"), Reading())


def read_grafana_rules(top: Block, reading: Reading) -> tuple[RuleGroup, ...]:
    """Read what a Grafana provisioning or export file holds; paused rules are left out.

    Raises:
        ScenarioError: when it holds no list of groups; for all else, what `reading` makes of a refusal.
    """
    top.only((*_FILE_KEYS, *_LEFT_OUT))
    for key, why in _LEFT_OUT.items():
        if key in top:
            reading.leave_out(f"line {top.at(key).line}, {key}: {why}")
    intervals = read_time_intervals(top.blocks("muteTimes", each="mute timing"))
    blocks = top.blocks("groups", each="group")
    if not blocks:
        raise top.error("groups", "there are no groups. Write at least one, with its rules.")
    groups = list(reading.each(blocks, lambda block: _group(block, reading, intervals=intervals)))
    reading.alone((block, "name", (block.text("folder"), block.text("name"))) for block, _ in groups)
    return tuple(group for _, group in groups)


def _group(block: Block, reading: Reading, *, intervals: Intervals) -> RuleGroup:
    block.only(_GROUP_KEYS)
    block.what = f"group {block.text('name')!r}"
    block.text("interval")
    interval = block.length("interval", timedelta())
    if not interval:
        raise block.error("interval", "a group cannot be evaluated every 0 s. Write a length such as 1m.")
    folder = block.text("folder")
    blocks = block.blocks("rules", each=f"{block.what}, rule")
    rules = list(reading.each(blocks, lambda each: _rule(each, reading, folder=folder, intervals=intervals)))
    reading.alone((each, "title", rule.name) for each, rule in rules)
    awake = tuple(rule for each, rule in rules if not _is_paused(each, reading))
    return RuleGroup(block.text("name"), interval, awake)


def _is_paused(rule: Block, reading: Reading) -> bool:
    is_paused = rule.flag("isPaused", default=False)
    if is_paused:
        reading.leave_out(f"line {rule.at('isPaused').line}, {rule.what}, isPaused: it is paused")
    return is_paused


def _rule(block: Block, reading: Reading, *, folder: str, intervals: Intervals) -> AlertRule:
    block.only(_RULE_KEYS)
    title = block.text("title")
    block.what = f"rule {title!r}"
    if "record" in block:
        raise block.error(
            "record", "Grafana's recording rules cannot be read yet. Record it in a Prometheus rule file."
        )
    no_data = one_of(NO_DATA_STATES, block, key="noDataState") if block.text("noDataState", "") else "NoData"
    # Left empty, a file means Alerting here, although the page that edits rules begins with Error.
    error = one_of(ERROR_STATES, block, key="execErrState") if block.text("execErrState", "") else "Alerting"
    return AlertRule(
        title,
        _condition(block),
        holds_for=block.length("for", timedelta()),
        keep_firing_for=block.length("keepFiringFor", timedelta()),
        labels={**reading.templates(block, "labels", author="Grafana"), "grafana_folder": Template.literal(folder)},
        annotations=reading.templates(block, "annotations", author="Grafana"),
        no_data_state=no_data,
        exec_err_state=error,
        missing_evaluations=block.whole("missing_series_evals_to_resolve", 2) or 2,
        route=_route(block, intervals) if "notification_settings" in block else None,
        where=str(block.at("title")),
    )


def _route(rule: Block, intervals: Intervals) -> Route:
    """Read whom a rule tells, past the notification policies; its groups are never wider than folder and name."""
    block = rule.block("notification_settings")
    block.only(_SETTINGS_KEYS)
    labels = block.words("group_by")
    default = Policy()
    policy = Policy(
        block.text("receiver"),
        tuple(labels) if BY_EVERYTHING in labels else tuple(dict.fromkeys(("grafana_folder", "alertname", *labels))),
        block.length("group_wait", default.group_wait),
        block.length("group_interval", default.group_interval) or default.group_interval,
        block.length("repeat_interval", default.repeat_interval) or default.repeat_interval,
    )
    return Route(
        policy,
        muted_in=intervals_named(block, "mute_time_intervals", known=intervals),
        active_in=intervals_named(block, "active_time_intervals", known=intervals),
    )


def _condition(block: Block) -> GrafanaCondition:
    nodes = block.blocks("data", each=f"{block.what}, query")
    Reading().alone((node, "refId", node.text("refId")) for node in nodes)
    for node in nodes:
        node.only(_DATA_KEYS)
        node.what = f"{block.what}, query {node.text('refId')!r}"
    asked = [node for node in nodes if node.text("datasourceUid") not in _EXPRESSIONS]
    if not asked:
        raise block.error("data", "there is no query of a data source, so there is nothing to judge. Add one.")
    queries = {node.text("refId"): _query(node) for node in asked}
    judged = {node.text("refId"): node for node in nodes if node not in asked}
    outcome = block.text("condition")
    return GrafanaCondition(
        "; ".join(query.expression.text for query in queries.values()),
        tuple(queries.values()),
        read_steps(block, outcome, queries=queries, nodes=judged),
        outcome,
    )


def _query(node: Block) -> Query:
    model = node.block("model")
    if "expr" not in model:
        raise model.place.error(
            f"{node.what}: only queries of Prometheus and Loki can be read, and this has no 'expr'."
        )
    # Loki's queries say by a word what Prometheus' say by two flags.
    instant = model.flag("instant", default=model.text("queryType", node.text("queryType", "")) == "instant")
    range_ = model.flag("range", default=False)
    if instant and range_:
        raise model.error("range", "the query is both instant and over a range. Choose one of them.")
    reach = _reach(node)
    step = _step_of(model, reach)
    lengths = _Lengths(step, reach, auto=reach if instant else step)
    kind = model.block("datasource").text("type", "") if "datasource" in model else ""
    over_lines = {"loki": True, "prometheus": False}.get(kind)
    read = compiled(
        lambda text: compile_expression(lengths.written_into(text), over_lines=over_lines), model, key="expr"
    )
    behind = timedelta(seconds=node.block("relativeTimeRange").whole("to", 0))
    asked = node.text("datasourceUid")
    reach = timedelta() if instant else reach
    return Query(node.text("refId"), read, reach=reach, step=step, behind=behind, datasource=asked)


def _reach(node: Block) -> timedelta:
    window = node.block("relativeTimeRange")
    begins, ends = window.whole("from", 0), window.whole("to", 0)
    if begins <= ends:
        raise window.error("from", "the range is empty. Write the seconds it begins before now, such as 600.")
    return timedelta(seconds=begins - ends)


def _step_of(model: Block, reach: timedelta) -> timedelta:
    wanted = timedelta(milliseconds=model.whole("intervalMs", 1000))
    points = model.whole("maxDataPoints", 43200) or 43200
    return max(wanted, reach / points, reach / 11000, timedelta(milliseconds=1))


@dataclass(frozen=True, slots=True)
class _Lengths:
    """What Grafana writes into a query in the place of its macros."""

    step: timedelta
    reach: timedelta
    auto: timedelta

    def written_into(self, text: str) -> str:
        rate = max(self.step + SCRAPE_INTERVAL, 4 * SCRAPE_INTERVAL)
        lengths = {"rate_interval": rate, "interval": self.step, "range": self.reach, "auto": self.auto}
        written = {name: f"{length / _MILLISECOND:.0f}ms" for name, length in lengths.items()}
        numbers = {
            "interval_ms": f"{self.step / _MILLISECOND:.0f}",
            "range_ms": f"{self.reach / _MILLISECOND:.0f}",
            "range_s": f"{self.reach.total_seconds():.0f}",
        }
        return _MACRO.sub(lambda found: (written | numbers)[found[1]], text)
