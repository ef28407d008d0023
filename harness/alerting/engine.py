"""The rule engine: evaluates each group when it is due, and says what changed.

Pure: time comes in, series are read from the store, events go out. A rule that fails never stops the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from harness.alerting.conditions import GrafanaCondition
from harness.alerting.evaluators import Evaluator, GrafanaEvaluator, PrometheusEvaluator, RecordingEvaluator
from harness.alerting.grafana_state import GrafanaStates
from harness.alerting.prometheus_state import PrometheusStates
from harness.alerting.promql import PromQLError, SeriesStore
from harness.alerting.rules import AlertRule, GrafanaVersion, RecordingRule, RuleGroup, evaluation_delay
from harness.alerting.states import Alert
from harness.errors import ScenarioError, unknown_name
from harness.events import AlertChanged


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one tick brought to light."""

    events: tuple[AlertChanged, ...]
    """The transitions, in the order of the rules."""
    alerts: tuple[Alert, ...]
    """Every alert that stands now: what the notifier is told."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Why, for each rule that could not be evaluated in this tick."""


class RuleEngine:
    """Evaluates rule groups over a store of series.

    Every group is evaluated at whole multiples of its interval, with no offset of its own: rules over one data source
    notice its silence together, as they did in the incident. A tick that comes late evaluates the newest instant
    that is due, as of that instant, and skips the older ones.

    Args:
        groups: what to evaluate, such as `load_rules` gives.
        store: where the series are; recording rules and ALERTS are written there too.
        grafana: whose manners rules with a no-data state have: 12 (and older), or 13.
    """

    def __init__(self, groups: Iterable[RuleGroup], store: SeriesStore, *, grafana: GrafanaVersion = 12) -> None:
        self.groups = tuple(groups)
        self._store = store
        self._grafana = grafana
        self._turns = [_Turn(group, grafana=grafana) for group in self.groups]
        self._alerts: tuple[Alert, ...] = ()

    def tick(self, now: float) -> Evaluation:
        """Evaluate what is due.

        Timing: call it at `next_due`, or as often as you like.
        """
        return self._evaluated([(turn, turn.take(now)) for turn in self._turns if turn.next_due(now) <= now])

    def evaluate(self, now: float) -> Evaluation:
        """Evaluate every group at an instant, due or not: what promtool does in a unit test."""
        return self._evaluated([(turn, now) for turn in self._turns])

    def next_due(self, now: float) -> float:
        """Say when the next evaluation is due, in steady seconds; never, without rules."""
        return min((turn.next_due(now) for turn in self._turns), default=math.inf)

    def evaluation_delay(self, rule: str, *, push_interval: timedelta = timedelta()) -> timedelta:
        """Say within what time a rule must notice that nothing comes in any more.

        Args:
            rule: its name; of several with one name, the slowest counts.
            push_interval: how often the service pushes.

        Raises:
            ScenarioError: when there is no such alert rule.
        """
        every = [(group, each) for group in self.groups for each in group.alerts]
        delays = [
            evaluation_delay(each, interval=group.interval, push_interval=push_interval, grafana=self._grafana)
            for group, each in every
            if each.name == rule
        ]
        if not delays:
            raise ScenarioError(unknown_name("alert rule", rule, known={each.name for _, each in every}))
        return max(delays)

    def _evaluated(self, due: list[tuple[_Turn, float]]) -> Evaluation:
        events: list[AlertChanged] = []
        failures: dict[str, str] = {}
        for turn, at in due:
            for evaluator in turn.evaluators:
                events += self._evaluate(evaluator, failures, at=at)
        if due:
            self._alerts = tuple(alert for turn in self._turns for each in turn.evaluators for alert in each.alerts())
        return Evaluation(tuple(events), self._alerts, failures)

    def _evaluate(self, evaluator: Evaluator, failures: dict[str, str], *, at: float) -> list[AlertChanged]:
        try:
            return evaluator.evaluate(self._store, now=at)
        except PromQLError as error:
            failures[evaluator.name] = str(error)
            return evaluator.fail(error, now=at)


class _Turn:
    """A group, and when it is its turn."""

    def __init__(self, group: RuleGroup, *, grafana: GrafanaVersion) -> None:
        self.evaluators = [_evaluator(rule, group, grafana=grafana) for rule in group.rules]
        self._seconds = group.interval.total_seconds()
        self._due = math.nan

    def next_due(self, now: float) -> float:
        if math.isnan(self._due):
            self._due = math.ceil(now / self._seconds) * self._seconds
        return self._due

    def take(self, now: float) -> float:
        """Give the newest instant that is due, and be due again an interval after it."""
        missed = (now - self._due) // self._seconds
        at = self._due + missed * self._seconds
        self._due = at + self._seconds
        return at


def _evaluator(rule: AlertRule | RecordingRule, group: RuleGroup, *, grafana: GrafanaVersion) -> Evaluator:
    offset = group.query_offset.total_seconds()
    if isinstance(rule, RecordingRule):
        return RecordingEvaluator(rule, limit=group.limit, offset=offset)
    if isinstance(rule.condition, GrafanaCondition):
        return GrafanaEvaluator(GrafanaStates(rule, interval=group.interval, version=grafana), offset=offset)
    return PrometheusEvaluator(PrometheusStates(rule, limit=group.limit), offset=offset)
