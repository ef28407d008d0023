"""One rule, evaluated: its question asked, its states moved on, its own series written back into the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from harness.alerting.conditions import ask, refuse_twins
from harness.alerting.grafana_state import GrafanaStates
from harness.alerting.prometheus_state import PrometheusStates
from harness.alerting.promql import METRIC_NAME, STALE_NAN, EvaluationError, Labels, PromQLError, SeriesStore
from harness.alerting.rules import RecordingRule
from harness.alerting.states import Alert
from harness.events import AlertChanged


class TooMany(EvaluationError):
    """A rule gave more than its group's limit allows."""


class Evaluator(Protocol):
    """One rule at work."""

    @property
    def name(self) -> str:
        """The rule's name."""
        ...

    def evaluate(self, store: SeriesStore, *, now: float) -> list[AlertChanged]:
        """Evaluate the rule at an instant; raises PromQLError, with nothing changed."""
        ...

    def fail(self, error: PromQLError, *, now: float) -> list[AlertChanged]:
        """Take in that an evaluation failed."""
        ...

    def alerts(self) -> list[Alert]:
        """Give the alerts that people are told of."""
        ...


class GrafanaEvaluator:
    """An alert rule, judged as Grafana would: an error is one of its states."""

    def __init__(self, states: GrafanaStates) -> None:
        self.name = states.rule.name
        self._states = states

    def evaluate(self, store: SeriesStore, *, now: float) -> list[AlertChanged]:
        """Evaluate the rule at an instant."""
        return self._states.judge(self._states.rule.condition.results(store, now=now), now=now)

    def fail(self, _error: PromQLError, *, now: float) -> list[AlertChanged]:
        """Take in that an evaluation failed."""
        return self._states.fail(now=now)

    def alerts(self) -> list[Alert]:
        """Give the alerts that people are told of."""
        return self._states.alerts()


class PrometheusEvaluator:
    """An alert rule, judged as Prometheus would: it writes ALERTS, and an error leaves its states alone."""

    def __init__(self, states: PrometheusStates, *, limit: int = 0) -> None:
        self.name = states.rule.name
        self._states = states
        self._limit = limit
        self._output = _Output()
        self._health = _Health(self.name)

    def evaluate(self, store: SeriesStore, *, now: float) -> list[AlertChanged]:
        """Evaluate the rule at an instant."""
        results = self._states.rule.condition.results(store, now=now)
        _refuse_too_many(len(results), limit=self._limit)
        changes = self._states.judge(results, now=now)
        self._output.write(self._series(), store, now=now)
        return self._health.well() + changes

    def fail(self, error: PromQLError, *, now: float) -> list[AlertChanged]:
        """Take in that an evaluation failed; only one that gave too many alerts loses them."""
        cleared = self._states.clear(now=now) if isinstance(error, TooMany) else []
        return self._health.ill() + cleared

    def alerts(self) -> list[Alert]:
        """Give the alerts that people are told of."""
        return self._states.alerts()

    def _series(self) -> dict[Labels, float]:
        samples: dict[Labels, float] = {}
        for each in self._states.instances:
            samples[Labels({**each.labels, METRIC_NAME: "ALERTS", "alertstate": each.state})] = 1.0
            samples[Labels({**each.labels, METRIC_NAME: "ALERTS_FOR_STATE"})] = each.active_at
        return samples


class RecordingEvaluator:
    """A recording rule."""

    def __init__(self, rule: RecordingRule, *, limit: int = 0) -> None:
        self.name = rule.name
        self._rule = rule
        self._limit = limit
        self._output = _Output()
        self._health = _Health(self.name)

    def evaluate(self, store: SeriesStore, *, now: float) -> list[AlertChanged]:
        """Evaluate the rule at an instant, and write what it gave."""
        own = {**self._rule.labels, METRIC_NAME: self._rule.name}
        numbers = ask(self._rule.expression, store, now=now)
        _refuse_too_many(len(numbers), limit=self._limit)
        named = [(Labels({**number.labels, **own}), number.value) for number in numbers]
        refuse_twins([labels for labels, _ in named])
        self._output.write({labels: value for labels, value in named if value is not None}, store, now=now)
        return self._health.well()

    def fail(self, _error: PromQLError, *, now: float) -> list[AlertChanged]:  # noqa: ARG002 - an Evaluator's shape
        """Take in that an evaluation failed."""
        return self._health.ill()

    def alerts(self) -> list[Alert]:
        """Give none: a recording rule has no alerts."""
        return []


class _Output:
    """What one rule writes into the store; what it stops writing vanishes at once instead of after the lookback."""

    def __init__(self) -> None:
        self._written: frozenset[Labels] = frozenset()

    def write(self, samples: Mapping[Labels, float], store: SeriesStore, *, now: float) -> None:
        for labels, value in samples.items():
            store.append(labels, now, value)
        for labels in self._written - samples.keys():
            store.append(labels, now, STALE_NAN)
        self._written = frozenset(samples)


class _Health:
    """Whether a rule without an error state of its own can be evaluated: told once when that changes."""

    def __init__(self, rule: str) -> None:
        self._rule = rule
        self._is_ill = False

    def ill(self) -> list[AlertChanged]:
        if self._is_ill:
            return []
        self._is_ill = True
        return [AlertChanged(rule=self._rule, labels={}, previous="inactive", state="error", reason="error")]

    def well(self) -> list[AlertChanged]:
        if not self._is_ill:
            return []
        self._is_ill = False
        return [AlertChanged(rule=self._rule, labels={}, previous="error", state="inactive", reason="resolved")]


def _refuse_too_many(count: int, *, limit: int) -> None:
    if limit and count > limit:
        message = f"it gave {count} results, and its group's limit is {limit}. Aggregate, or raise the limit."
        raise TooMany(message)
