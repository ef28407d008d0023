"""Rules broken on purpose, one thing at a time, to see whether any trial notices.

A mutant that no trial notices is a part of a rule that nothing exercises. It may be right all the same, but nobody
would hear of it if it were wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from harness.alerting import logql
from harness.alerting.classic_conditions import Classic
from harness.alerting.conditions import Condition, GrafanaCondition, PrometheusCondition, Query, Step, Threshold
from harness.alerting.grafana_math import Math
from harness.alerting.promql import Expression, metric_names, split_threshold
from harness.alerting.promql import compile as compiled
from harness.alerting.rules import AlertRule, RecordingRule, RuleGroup, prometheus_condition
from harness.durations import spoken
from harness.scorecard.plays import Play
from harness.scorecard.replay import Outcome, replay_all
from harness.scorecard.scores import RuleScore, scorecard

FACTOR = 10.0
"""How far a threshold is moved away from what it should catch."""

FROM_ZERO = 100.0
"""Where one at zero goes."""

ONE_SIDED = frozenset({">", ">=", "<", "<="})
"""The comparisons whose limit can be moved away."""

_LIMIT = re.compile(
    r"(?P<before>.*?)(?P<comparison>[<>]=?)\s*(?P<limit>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*", re.DOTALL
)
"""A `math` expression that ends in a limit."""

BROKEN = "_renamed"
"""What a broken metric name ends in."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule with one thing wrong."""

    rule: str
    what: str
    """What was done to it, in a few words."""
    groups: tuple[RuleGroup, ...]
    """It, and the recording rules that it may read."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether anything noticed a mutant."""

    mutant: Mutant
    notices: tuple[str, ...]
    """What is otherwise than with the rule as it is, the gravest first; nothing when it survived."""

    @property
    def survived(self) -> bool:
        """Whether no trial noticed."""
        return not self.notices


def mutants(groups: Sequence[RuleGroup]) -> Iterator[Mutant]:
    """Break every alert rule in every way that applies to it."""
    for group in groups:
        for rule in group.alerts:
            for what, broken in _broken(rule):
                yield Mutant(rule.name, what, _alone(groups, rule, broken))


def judge(groups: Sequence[RuleGroup], plays: Sequence[Play]) -> Iterator[Verdict]:
    """Judge every mutant of some rules over plays, and say what each changed."""
    usual: dict[str, tuple[Outcome, ...]] = {}
    for mutant in mutants(groups):
        if mutant.rule not in usual:
            whole = next(rule for group in groups for rule in group.alerts if rule.name == mutant.rule)
            usual[mutant.rule] = replay_all(plays, _alone(groups, whole, whole))
        changed = replay_all(plays, mutant.groups)
        tolerance = max(group.interval for group in mutant.groups).total_seconds()
        yield Verdict(mutant, tuple(_notices(usual[mutant.rule], changed, mutant=mutant, tolerance=tolerance)))


def _broken(rule: AlertRule) -> Iterator[tuple[str, AlertRule]]:
    if rule.holds_for:
        yield f"without its `for: {spoken(rule.holds_for)}`", replace(rule, holds_for=timedelta())
    for what, condition in (*_moved(rule.condition), *_renamed(rule.condition)):
        yield what, replace(rule, condition=condition)


def _moved(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """Move a threshold to where it catches less."""
    if isinstance(condition, GrafanaCondition):
        for step in condition.steps:
            for limit, further in _moved_step(step):
                steps = tuple(further if each is step else each for each in condition.steps)
                yield f"with its limit at {limit:g}", replace(condition, steps=steps)
        return
    split = logql.split_threshold if isinstance(condition.expression, logql.LogExpression) else split_threshold
    found = split(condition.text)
    if found is not None and found.operator in ONE_SIDED:
        limit = _further(found.value, found.operator)
        text = f"{found.query_text} {found.operator} {limit!r}"
        yield f"with its limit at {limit:g}", prometheus_condition(text, dialect=condition.expression.dialect)


def _moved_step(step: Step) -> Iterator[tuple[float, Step]]:
    """Move each limit of a step of Grafana's."""
    if isinstance(step, Threshold) and step.comparison in ONE_SIDED:
        limit = _further(step.bounds[0], step.comparison)
        yield limit, replace(step, bounds=(limit,))
    elif isinstance(step, Classic):
        for each in step.conditions:
            if each.comparison in ONE_SIDED:
                limit = _further(each.bounds[0], each.comparison)
                moved = (replace(other, bounds=(limit,)) if other is each else other for other in step.conditions)
                yield limit, replace(step, conditions=tuple(moved))
    elif isinstance(step, Math) and (found := _LIMIT.fullmatch(step.text)):
        limit = _further(float(found["limit"]), found["comparison"])
        yield limit, Math.parse(step.ref, f"{found['before']}{found['comparison']} {limit!r}")


def _further(limit: float, comparison: str) -> float:
    rises = comparison.startswith(">")
    if not limit:
        return FROM_ZERO if rises else -FROM_ZERO
    return limit * FACTOR if rises == (limit > 0) else limit / FACTOR


def _renamed(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """Break each metric name, as a change of the service's code would."""
    if isinstance(condition, PrometheusCondition):
        for name in sorted(metric_names(condition.expression)):
            expression = _without(condition.expression, name)
            yield f"with {name} misspelt", PrometheusCondition(expression.text, expression)
        return
    for name in sorted({name for query in condition.queries for name in metric_names(query.expression)}):
        queries = tuple(_query_without(query, name) for query in condition.queries)
        yield f"with {name} misspelt", replace(condition, queries=queries)


def _query_without(query: Query, name: str) -> Query:
    return replace(query, expression=_without(query.expression, name))


def _without(expression: Expression, name: str) -> Expression:
    pattern = rf"(?<![\w:]){re.escape(name)}(?![\w:])"
    return compiled(re.sub(pattern, name + BROKEN, expression.text), dialect=expression.dialect)


def _alone(groups: Sequence[RuleGroup], rule: AlertRule, broken: AlertRule) -> tuple[RuleGroup, ...]:
    """Give the groups with no alert rule left but one, broken."""
    kept: list[RuleGroup] = []
    for group in groups:
        rules = [broken if each is rule else each for each in group.rules if each is rule or _records(each)]
        if rules:
            kept.append(replace(group, rules=tuple(rules)))
    return tuple(kept)


def _records(rule: AlertRule | RecordingRule) -> bool:
    return isinstance(rule, RecordingRule)


def _notices(
    usual: Sequence[Outcome], changed: Sequence[Outcome], *, mutant: Mutant, tolerance: float
) -> Iterator[str]:
    """Say what a mutant does otherwise; times that differ by one evaluation are the same."""
    was, becomes = (_only_rule(mutant, outcomes) for outcomes in (usual, changed))
    for trial in sorted(was.detected.keys() - becomes.detected.keys()):
        yield f"{trial} goes unnoticed"
    for trial in sorted(becomes.detected.keys() - was.detected.keys()):
        yield f"{trial} is noticed"
    for trial in sorted(set(was.false_alarms) ^ set(becomes.false_alarms)):
        yield f"{trial} {'rings' if trial in becomes.false_alarms else 'is quiet'}"
    for trial in sorted(was.detected.keys() & becomes.detected.keys()):
        later = becomes.detected[trial] - was.detected[trial]
        if abs(later) > tolerance:
            yield f"{trial} is noticed {spoken(abs(later))} {'later' if later > 0 else 'sooner'}"


def _only_rule(mutant: Mutant, outcomes: Sequence[Outcome]) -> RuleScore:
    return next(score for score in scorecard(mutant.groups, outcomes).rules if score.rule == mutant.rule)
