"""Alert rules as this package judges them, wherever they were written down.

RuleGroup          evaluated together, at one instant, on its interval
├── AlertRule      goes off; judged as Prometheus would, or as Grafana would when it says what silence means
└── RecordingRule  writes a series
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from harness.alerting import logql, promql
from harness.alerting.comparisons import COMPARISONS
from harness.alerting.conditions import Condition, GrafanaCondition, PrometheusCondition, Query, Threshold
from harness.alerting.promql import DEFAULT_DIALECT, METRIC_NAME, Dialect, Expression, Kind, Labels, ParseError
from harness.alerting.routing import Route
from harness.alerting.templates import Subject, Template

NoDataState = Literal["NoData", "Alerting", "OK", "KeepLast"]
ErrorState = Literal["Error", "Alerting", "OK", "KeepLast"]
GrafanaVersion = Literal[12, 13]


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A condition that somebody wants to be told of."""

    name: str
    """What it is called; the `alertname` of its alerts."""
    condition: Condition
    """What it asks, and in whose manner."""
    holds_for: timedelta = timedelta()
    """How long the condition must hold before it goes off (`for`)."""
    keep_firing_for: timedelta = timedelta()
    """How long it stays on after the condition has ended."""
    labels: Mapping[str, Template] = field(default_factory=dict)
    """Added to those of the series; they win."""
    annotations: Mapping[str, Template] = field(default_factory=dict)
    """What its alerts say to people."""
    no_data_state: NoDataState = "NoData"
    """What silence means to a rule judged as Grafana would."""
    exec_err_state: ErrorState = "Error"
    """What an evaluation error means to a rule judged as Grafana would."""
    missing_evaluations: int = 2
    """Grafana lets go of a series that was missing this often while others were there."""
    route: Route | None = None
    """Whom its alerts are told to, past the routing tree: Grafana's notification settings."""
    where: str = field(default="", compare=False)
    """Where it is written, as file:line; empty for one that was made in code."""

    def labels_of(self, subject: Subject) -> Labels:
        """Give the labels of the alert that a series makes."""
        own = {name: template.expand(subject) for name, template in self.labels.items()}
        return Labels({**subject.labels, METRIC_NAME: "", **own, "alertname": self.name})

    def annotations_of(self, subject: Subject) -> dict[str, str]:
        """Give what the alert that a series makes says to people."""
        return {name: template.expand(subject) for name, template in self.annotations.items()}


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """An expression whose results are kept as a series."""

    name: str
    """The metric name of what it writes (`record`)."""
    expression: Expression
    """What it computes."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Added to those of the results; they win."""
    where: str = field(default="", compare=False)
    """Where it is written, as file:line; empty for one that was made in code."""


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that are evaluated together, one after another, at one instant."""

    name: str
    """What it is called."""
    interval: timedelta
    """How often it is evaluated."""
    rules: tuple[AlertRule | RecordingRule, ...]
    """In the order of their evaluation: a later rule sees what an earlier one recorded."""
    limit: int = 0
    """How many alerts or series one Prometheus rule may give; 0 is as many as it likes."""
    query_offset: timedelta = timedelta()
    """How far before the evaluation its expressions look, so that late samples have come in."""

    @property
    def alerts(self) -> Iterator[AlertRule]:
        """Its alert rules, in order."""
        return (rule for rule in self.rules if isinstance(rule, AlertRule))


def compile_expression(text: str, *, dialect: Dialect = DEFAULT_DIALECT, over_lines: bool | None = None) -> Expression:
    """Compile an expression whose value a rule can use.

    Args:
        text: the expression.
        dialect: what PromQL means where it does not say.
        over_lines: whether it is LogQL, which reads log lines; its text tells where nobody says.

    Raises:
        PromQLError: when it is not an expression, or gives neither series nor a number.
    """
    is_logql = logql.is_logql(text) if over_lines is None else over_lines
    compiled = logql.compile(text) if is_logql else promql.compile(text, dialect=dialect)
    if compiled.kind not in (Kind.VECTOR, Kind.SCALAR):
        message = f"{text!r} gives a {compiled.kind.value}. A rule needs an instant vector, or a number."
        raise ParseError(message)
    return compiled


def prometheus_condition(text: str, *, dialect: Dialect = DEFAULT_DIALECT) -> PrometheusCondition:
    """Read an expression whose every result is an alert.

    Raises:
        PromQLError: when it is not an expression.
    """
    return PrometheusCondition(text, compile_expression(text, dialect=dialect))


def grafana_condition(text: str, *, dialect: Dialect = DEFAULT_DIALECT) -> GrafanaCondition:
    """Read `query > limit` as Grafana would ask it: the query first, the threshold afterwards.

    Raises:
        PromQLError: when it is not an expression, or compares nothing at its top.
    """
    compile_expression(text, dialect=dialect)
    found = logql.split_threshold(text) if logql.is_logql(text) else promql.split_threshold(text)
    if found is None:
        message = (
            f"{text!r} has no comparison with a number at its top, so there is no query whose silence could be told "
            "from good health. Write 'query > number', or leave no_data_state out."
        )
        raise ParseError(message)
    query = Query("A", compile_expression(found.query_text, dialect=dialect))
    limit = Threshold("B", source="A", comparison=COMPARISONS[found.operator], bounds=(found.value,))
    return GrafanaCondition(text, (query,), (limit,), outcome="B")


def evaluation_delay(
    rule: AlertRule, *, interval: timedelta, push_interval: timedelta = timedelta(), grafana: GrafanaVersion = 12
) -> timedelta:
    """Say within what time a rule must notice that nothing comes in any more.

    Args:
        rule: the rule.
        interval: how often its group is evaluated.
        push_interval: how far apart samples are; the last one may be this much younger than the silence seems.
        grafana: whose manners a rule with a no-data state has. Up to 12, `NoData` does not wait for `for`.
    """
    at_once = isinstance(rule.condition, GrafanaCondition) and rule.no_data_state == "NoData" and grafana == 12
    waits = timedelta() if at_once else rule.holds_for
    return rule.condition.window + interval + waits + push_interval
