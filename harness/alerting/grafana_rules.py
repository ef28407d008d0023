"""Reads Grafana's alert rules as it exports and provisions them, in YAML or JSON.

Read so far: queries of Prometheus and of Loki, instant and over a range, and the expressions `reduce` and `threshold`.
A rule that needs another expression (`math`, `classic_conditions`) or another data source is refused, and the message
says so.

Source: Grafana, file provisioning of alerting resources; pkg/expr; pkg/promlib/models/query.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import get_args

from harness.alerting import yaml_lines
from harness.alerting.conditions import Comparison, GrafanaCondition, NonNumbers, Query, Reduce, Reducer, Threshold
from harness.alerting.reading import ERROR_STATES, NO_DATA_STATES, Reading, compiled, one_of
from harness.alerting.rules import AlertRule, RuleGroup, compile_expression
from harness.alerting.templates import Template
from harness.alerting.yaml_lines import Block

SCRAPE_INTERVAL = timedelta(seconds=15)
"""What Grafana takes a data source to be scraped at, unless told otherwise."""

_FILE_KEYS = ("apiVersion", "groups", "deleteRules")
_GROUP_KEYS = ("orgId", "name", "folder", "interval", "rules")
_RULE_KEYS = (
    "uid", "title", "condition", "data", "dashboardUid", "dasboardUid", "panelId", "noDataState", "execErrState",
    "for", "keepFiringFor", "missing_series_evals_to_resolve", "annotations", "labels", "isPaused",
    "notification_settings", "record",
)  # fmt: skip
_DATA_KEYS = ("refId", "queryType", "relativeTimeRange", "datasourceUid", "model")
_EXPRESSIONS = ("__expr__", "-100")
"""The uid that stands for no data source but an expression, now and in older exports."""

_REDUCERS: dict[str, Reducer] = {name: name for name in get_args(Reducer)}
_MODES: dict[str, NonNumbers] = {"dropNN": "drop", "replaceNN": "replace", "strict": "strict"}
_EVALUATORS: dict[str, Comparison] = {
    "gt": ">",
    "lt": "<",
    "gte": ">=",
    "lte": "<=",
    "eq": "==",
    "ne": "!=",
    "within_range": "in (,)",
    "within_range_included": "in [,]",
    "outside_range": "not in [,]",
    "outside_range_included": "not in (,)",
}
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
    top.only(_FILE_KEYS)
    blocks = top.blocks("groups", each="group")
    if not blocks:
        raise top.error("groups", "there are no groups. Write at least one, with its rules.")
    groups = list(reading.each(blocks, lambda block: _group(block, reading)))
    reading.alone((block, "name", (block.text("folder"), block.text("name"))) for block, _ in groups)
    return tuple(group for _, group in groups)


def _group(block: Block, reading: Reading) -> RuleGroup:
    block.only(_GROUP_KEYS)
    block.what = f"group {block.text('name')!r}"
    block.text("interval")
    interval = block.length("interval", timedelta())
    if not interval:
        raise block.error("interval", "a group cannot be evaluated every 0 s. Write a length such as 1m.")
    folder = block.text("folder")
    blocks = block.blocks("rules", each=f"{block.what}, rule")
    rules = list(reading.each(blocks, lambda each: _rule(each, reading, folder=folder)))
    reading.alone((each, "title", rule.name) for each, rule in rules)
    awake = tuple(rule for each, rule in rules if not each.flag("isPaused", default=False))
    return RuleGroup(block.text("name"), interval, awake)


def _rule(block: Block, reading: Reading, *, folder: str) -> AlertRule:
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
        where=str(block.at("title")),
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
        _steps(block, outcome, queries=queries, nodes=judged),
        outcome,
        datasource=asked[0].text("datasourceUid"),
    )


def _steps(
    block: Block, outcome: str, *, queries: dict[str, Query], nodes: dict[str, Block]
) -> tuple[Reduce | Threshold, ...]:
    """Follow the expressions from the condition back to the query it is about."""
    steps: list[Reduce | Threshold] = []
    place, key, ref = block, "condition", outcome
    while ref not in queries:
        node = nodes.get(ref)
        if node is None or ref in (step.ref for step in steps):
            known = ", ".join([*queries, *nodes])
            raise place.error(key, f"{ref!r} leads to no query. The queries and expressions are {known}.")
        steps.append(_step(node, ref))
        place, key, ref = node.block("model"), "expression", steps[-1].source
    _demand_numbers(block, queries[ref], steps[::-1])
    return tuple(steps[::-1])


def _demand_numbers(block: Block, query: Query, steps: list[Reduce | Threshold]) -> None:
    if query.reach and not (steps and isinstance(steps[0], Reduce)):
        problem = f"it judges query {query.ref!r}, which has many points for each series. Reduce it first."
        raise block.error("condition", problem)


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
    return Query(node.text("refId"), read, reach=timedelta() if instant else reach, step=step)


def _reach(node: Block) -> timedelta:
    window = node.block("relativeTimeRange")
    if window.whole("to", 0):
        raise window.error("to", "a query that ends before now cannot be read yet. Write 0, and an offset in 'expr'.")
    reach = timedelta(seconds=window.whole("from", 0))
    if not reach:
        raise window.error("from", "the range is empty. Write the seconds it begins before now, such as 600.")
    return reach


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


def _step(node: Block, ref: str) -> Reduce | Threshold:
    model = node.block("model")
    kind = model.text("type")
    if kind == "reduce":
        return _reduce(model, ref)
    if kind == "threshold":
        return _threshold(model, ref)
    raise model.error("type", f"{kind!r} expressions cannot be read yet. Use reduce and threshold.")


def _reduce(model: Block, ref: str) -> Reduce:
    reducer = one_of(_REDUCERS, model, key="reducer")
    settings = model.block("settings") if "settings" in model else None
    if settings is None or not settings.text("mode", ""):
        return Reduce(ref, model.text("expression"), reducer)
    mode = one_of(_MODES, settings, key="mode")
    replacement = settings.number("replaceWithValue", 0.0)
    return Reduce(ref, model.text("expression"), reducer, non_numbers=mode, replacement=replacement)


def _threshold(model: Block, ref: str) -> Threshold:
    conditions = model.blocks("conditions", each="condition")
    if len(conditions) != 1:
        raise model.error("conditions", f"a threshold has one condition, and here are {len(conditions)}.")
    if "unloadEvaluator" in conditions[0]:
        raise conditions[0].error("unloadEvaluator", "a second limit for the way back cannot be read yet. Remove it.")
    evaluator = conditions[0].block("evaluator")
    comparison = one_of(_EVALUATORS, evaluator, key="type")
    bounds = evaluator.numbers("params")
    wanted = 2 if "," in comparison else 1
    if len(bounds) < wanted:
        raise evaluator.error("params", f"{evaluator.text('type')} needs {wanted}, and here are {len(bounds)}.")
    # Old exports keep a second, meaningless parameter beside the one that counts.
    return Threshold(ref, model.text("expression"), comparison, tuple(sorted(bounds[:wanted])))
