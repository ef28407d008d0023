"""Says what a team's rules will do before they do it: what is asked, what silence means, and what cannot be read.

What silence means is not guessed from the text: each rule is asked about a store in which there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from harness.alerting import logql
from harness.alerting.conditions import GrafanaCondition, PrometheusCondition, Threshold
from harness.alerting.loading import RuleFile, load_rule_file
from harness.alerting.logql import LogExpression, LoggedSeries
from harness.alerting.promql import Expression, PromQLError, metric_names, split_threshold
from harness.alerting.reading import Reading
from harness.alerting.rules import AlertRule, GrafanaVersion, RecordingRule, RuleGroup, evaluation_delay
from harness.alerting.states import Result
from harness.durations import spoken
from harness.errors import ScenarioError
from harness.telemetry.logs import LogStore

_AT_A_QUIET_TIME = 1_700_000_000.0
"""When rules are asked about silence; any instant would do."""


@dataclass(frozen=True, slots=True)
class Check:
    """What is to be said of one file of rules."""

    lines: tuple[str, ...]
    """For people, in the order of the file."""
    readable: int
    """How many rules will be evaluated."""
    mistakes: tuple[str, ...]
    """Why others will not: each names file, line and key."""


def check_rules(path: Path, *, grafana: GrafanaVersion = 12, reading: Reading | None = None) -> Check:
    """Read a file of rules, and say what each will do.

    Args:
        path: a Prometheus rule file, or a file that Grafana exports or provisions.
        grafana: whose manners rules that Grafana judges have.
        reading: how to read it; what it does with a refusal does not matter here.
    """
    mistakes: list[str] = []
    left_out: list[str] = []
    noting = replace(reading or Reading(), refuse=lambda error: mistakes.append(str(error)), leave_out=left_out.append)
    try:
        found = load_rule_file(path, noting)
    except ScenarioError as error:
        return Check((), 0, (str(error),))
    readable = sum(len(group.rules) for group in found.groups)
    aside = [f"  not evaluated: {each}" for each in left_out]
    return Check((*_told(path, found, grafana=grafana), *aside), readable, tuple(mistakes))


def _told(path: Path, found: RuleFile, *, grafana: GrafanaVersion) -> Iterator[str]:
    yield f"{path}: rules as {found.author} has them"
    for group in found.groups:
        yield f"  group {group.name!r}, every {spoken(group.interval)}{_group_notes(group)}"
        for rule in group.rules:
            yield from (f"    {line}" for line in _told_rule(rule, group, grafana=grafana))


def _group_notes(group: RuleGroup) -> str:
    limit = f", at most {group.limit} results a rule" if group.limit else ""
    offset = f", looking {spoken(group.query_offset)} back" if group.query_offset else ""
    return limit + offset


def _told_rule(rule: AlertRule | RecordingRule, group: RuleGroup, *, grafana: GrafanaVersion) -> Iterator[str]:
    line = rule.where.rpartition(":")[2]
    if isinstance(rule, RecordingRule):
        yield f"line {line}, record {rule.name}: {_one_line(rule.expression.text)}"
        yield f"  reads {_metrics(rule.expression)}"
        return
    yield f"line {line}, alert {rule.name}: {_one_line(rule.condition.text)}{_lengths(rule)}"
    if isinstance(rule.condition, PrometheusCondition):
        yield f"  reads {_metrics(rule.condition.expression)}"
    else:
        yield from (f"  {told}" for told in _told_condition(rule.condition))
    yield f"  no data: {_silence(rule, group, grafana=grafana)}"
    if isinstance(rule.condition, GrafanaCondition):
        yield f"  error: {_ERRORS[rule.exec_err_state]}"
    if rule.route:
        yield f"  told to {rule.route.policy.receiver!r}, whatever the notification policies say"


def _told_condition(condition: GrafanaCondition) -> Iterator[str]:
    (query, *more), steps = condition.queries, condition.steps
    says_its_limit = condition.text != query.expression.text  # an exported rule's text is its queries alone
    if not more and says_its_limit and [type(step) for step in steps] == [Threshold]:
        yield f"reads {_metrics(query.expression)}; judged as Grafana would: the query first, the limit afterwards"
        return
    for query in condition.queries:
        since = f", as of {spoken(query.behind)} ago" if query.behind else ""
        over = (f"over {spoken(query.reach)}, every {spoken(query.step)}" if query.reach else "now") + since
        yield f"{query.ref} asks {over}: {_one_line(query.expression.text)}; reads {_metrics(query.expression)}"
        if _compares(query.expression):
            yield f"beware: {query.ref} compares, so it has no data whenever all is well. Leave that to a threshold."
    for step in condition.steps:
        yield f"{step.ref} is {step}"
    yield f"{condition.outcome} decides: a breach is any number but 0"


def _silence(rule: AlertRule, group: RuleGroup, *, grafana: GrafanaVersion) -> str:
    answer = _answer_to_silence(rule)
    delay = spoken(evaluation_delay(rule, interval=group.interval, grafana=grafana))
    if isinstance(rule.condition, PrometheusCondition):
        if answer:
            return f"it asks for silence: it fires within {delay} of the last sample"
        window = spoken(rule.condition.window + group.interval + rule.keep_firing_for)
        return f"counts as good health: it never fires, and what fires resolves within {window} of the last sample"
    if answer:
        judged = "a breach" if any(each.breached for each in answer) else "no breach"
        return f"never noticed, for its query has an answer to silence too; that answer is {judged}"
    if rule.no_data_state == "NoData":
        waits = " after 'for'" if grafana >= 13 and rule.holds_for > timedelta() else ""
        return f"told as DatasourceNoData{waits}, within {delay} of the last sample"
    return _SILENCES[rule.no_data_state].format(delay=delay)


_SILENCES = {
    "Alerting": "counts as a breach: every series fires within {delay} of the last sample",
    "OK": "counts as good health: what fires resolves",
    "KeepLast": "changes nothing: what fires goes on, and all else stays normal",
}
_ERRORS = {
    "Error": "told as DatasourceError",
    "Alerting": "counts as a breach",
    "OK": "counts as good health",
    "KeepLast": "changes nothing",
}


def _answer_to_silence(rule: AlertRule) -> list[Result]:
    try:
        return rule.condition.results(LoggedSeries(LogStore()), now=_AT_A_QUIET_TIME)
    except PromQLError:
        return []


def _lengths(rule: AlertRule) -> str:
    holds = f", for {spoken(rule.holds_for)}" if rule.holds_for else ""
    keeps = f", and {spoken(rule.keep_firing_for)} longer" if rule.keep_firing_for else ""
    return holds + keeps


def _compares(expression: Expression) -> bool:
    split = logql.split_threshold if isinstance(expression, LogExpression) else split_threshold
    return split(expression.text) is not None


def _metrics(expression: Expression) -> str:
    if isinstance(expression, LogExpression):
        return "log lines"
    return ", ".join(sorted(metric_names(expression))) or "no metric by its name"


def _one_line(text: str) -> str:
    return " ".join(text.split())
