"""Reads the expressions of a Grafana rule: what judges, step by step, what its queries brought.

Read are `math`, `reduce`, `threshold` and `classic_conditions`; any other (`resample`, `sql`) is refused by its name.

Source: Grafana, pkg/expr, commands.go, threshold.go and classic/classic.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, get_args

from harness.alerting.classic_conditions import CLASSIC_REDUCERS, Classic, ClassicCondition
from harness.alerting.comparisons import Comparison, bounds_wanted
from harness.alerting.conditions import Limit, Query, Step, Threshold
from harness.alerting.grafana_math import Math
from harness.alerting.grafana_reduce import NonNumbers, Reduce, Reducer
from harness.alerting.reading import compiled, one_of
from harness.alerting.yaml_lines import Block

MOST_EXPRESSIONS = 100
"""How many expressions one rule may have."""

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


def read_steps(
    block: Block, outcome: str, *, queries: Mapping[str, Query], nodes: Mapping[str, Block]
) -> tuple[Step, ...]:
    """Follow the expressions from the condition back to the queries it is about.

    Args:
        block: the rule.
        outcome: the name of the query or expression that is its condition.
        queries: what is asked of data sources, by name.
        nodes: the expressions, by name.

    Raises:
        ScenarioError: an expression cannot be read, or leads nowhere, or the outcome is not one number a series.
    """
    steps: dict[str, Step] = {}

    def follow(ref: str, *, place: Block, key: str, path: tuple[str, ...]) -> None:
        if ref in queries or ref in steps:
            return
        node = nodes.get(ref)
        if node is None or ref in path:
            known = ", ".join([*queries, *nodes])
            raise place.error(key, f"{ref!r} leads to no query. The queries and expressions are {known}.")
        step = _step(node, ref)
        for source in step.sources:
            follow(source, place=node.block("model"), key=_SOURCE_KEYS[type(step)], path=(*path, ref))
        steps[ref] = step

    if len(nodes) > MOST_EXPRESSIONS:
        raise block.error("data", f"{len(nodes)} expressions are too many; at most {MOST_EXPRESSIONS} are read.")
    follow(outcome, place=block, key="condition", path=())
    for ref, step in steps.items():
        if isinstance(step, Threshold) and step.way_back and ref != outcome:
            problem = "a limit for the way back is known to the rule's condition alone. Make this the condition."
            raise nodes[ref].block("model").error("conditions", problem)
    _demand_numbers(block, outcome, queries=queries, steps=steps)
    return tuple(steps.values())


_SOURCE_KEYS = {Math: "expression", Reduce: "expression", Threshold: "expression", Classic: "conditions"}
"""Where each kind of expression names what it reads."""


def _demand_numbers(block: Block, outcome: str, *, queries: Mapping[str, Query], steps: Mapping[str, Step]) -> None:
    many = {ref: ref for ref, query in queries.items() if query.reach}
    for ref, step in steps.items():
        origin = next((many[source] for source in step.sources if source in many), None)
        if origin and not isinstance(step, Reduce | Classic):
            many[ref] = origin
    if outcome in many:
        problem = f"it judges query {many[outcome]!r}, which has many points for each series. Reduce it first."
        raise block.error("condition", problem)


def _step(node: Block, ref: str) -> Step:
    model = node.block("model")
    kind = model.text("type")
    if kind not in _STEPS:
        known = ", ".join(_STEPS)
        raise model.error("type", f"{kind!r} expressions cannot be read. Those that can are {known}.")
    return _STEPS[kind](model, ref)


def _math(model: Block, ref: str) -> Math:
    return compiled(lambda text: Math.parse(ref, text), model, key="expression")


def _reduce(model: Block, ref: str) -> Reduce:
    reducer = one_of(_REDUCERS, model, key="reducer")
    settings = model.block("settings") if "settings" in model else None
    if settings is None or not settings.text("mode", ""):
        return Reduce(ref, _source(model), reducer)
    mode = one_of(_MODES, settings, key="mode")
    if mode == "replace" and "replaceWithValue" not in settings:
        raise settings.error("replaceWithValue", "there is none, so nothing can be replaced. Write a number.")
    replacement = settings.number("replaceWithValue", 0.0)
    return Reduce(ref, _source(model), reducer, non_numbers=mode, replacement=replacement)


def _threshold(model: Block, ref: str) -> Threshold:
    conditions = model.blocks("conditions", each="condition")
    if len(conditions) != 1:
        raise model.error("conditions", f"a threshold has one condition, and here are {len(conditions)}.")
    comparison, bounds = _limit(conditions[0].block("evaluator"))
    back = _limit(conditions[0].block("unloadEvaluator")) if "unloadEvaluator" in conditions[0] else None
    return Threshold(ref, _source(model), comparison, bounds, way_back=back)


def _limit(evaluator: Block) -> Limit:
    comparison = one_of(_EVALUATORS, evaluator, key="type")
    return comparison, _bounds(evaluator, comparison)


def _source(model: Block) -> str:
    return model.text("expression").removeprefix("$")


def _bounds(evaluator: Block, comparison: Comparison) -> tuple[float, ...]:
    bounds, wanted = evaluator.numbers("params"), bounds_wanted(comparison)
    if len(bounds) < wanted:
        raise evaluator.error("params", f"{evaluator.text('type')} needs {wanted}, and here are {len(bounds)}.")
    # Old exports keep a second, meaningless parameter beside the one that counts.
    return tuple(bounds[:wanted])


def _classic(model: Block, ref: str) -> Classic:
    blocks = model.blocks("conditions", each=f"{model.what}, condition")
    if not blocks:
        raise model.error("conditions", "there are no conditions. Write at least one.")
    return Classic(ref, tuple(_classic_condition(each, is_first=each is blocks[0]) for each in blocks))


def _classic_condition(block: Block, *, is_first: bool) -> ClassicCondition:
    query, evaluator = block.block("query"), block.block("evaluator")
    source = next(iter(query.words("params")), "")
    if not source:
        raise query.error("params", "it names no query. Write its refId, such as [A].")
    comparison = one_of({**_EVALUATORS, "no_value": None}, evaluator, key="type")
    # A range may be written with either end first here, and only here.
    bounds = tuple(sorted(_bounds(evaluator, comparison))) if comparison else ()
    return ClassicCondition(
        source,
        one_of(CLASSIC_REDUCERS, block.block("reducer"), key="type"),
        comparison,
        bounds,
        joined_by="and" if is_first else one_of(_JOINS, block.block("operator"), key="type"),
    )


_JOINS: dict[str, Literal["and", "or"]] = {"and": "and", "or": "or"}
_STEPS: dict[str, Callable[[Block, str], Step]] = {
    "math": _math,
    "reduce": _reduce,
    "threshold": _threshold,
    "classic_conditions": _classic,
}
"""Every kind of expression that can be read, by what Grafana calls it."""
