"""One rule, evaluated: its question asked, its states moved on, its own series written back into the store."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Protocol

from harness.alerting.conditions import PrometheusCondition, TooMany, ask, refuse_too_many, refuse_twins
from harness.alerting.grafana_state import GrafanaStates
from harness.alerting.prometheus_state import PrometheusStates
from harness.alerting.promql import (
    METRIC_NAME,
    STALE_NAN,
    Dialect,
    Labels,
    PromQLError,
    Sample,
    SeriesStore,
)
from harness.alerting.rules import RecordingRule, compile_expression
from harness.alerting.states import Alert
from harness.events import AlertChanged


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

    def __init__(self, states: GrafanaStates, *, offset: float = 0) -> None:
        self.name = states.rule.name
        self._states = states
        self._offset = offset

    def evaluate(self, store: SeriesStore, *, now: float) -> list[AlertChanged]:
        """Evaluate the rule at an instant."""
        condition, at = self._states.condition, now - self._offset
        results = condition.results(store, now=at, breached=self._states.breached())
        silent = () if results else condition.silent(store, now=at)
        return self._states.judge(results, now=now, silent=silent)

    def fail(self, _error: PromQLError, *, now: float) -> list[AlertChanged]:
        """Take in that an evaluation failed."""
        return self._states.fail(now=now)

    def alerts(self) -> list[Alert]:
        """Give the alerts that people are told of."""
        return self._states.alerts()


class PrometheusEvaluator:
    """An alert rule, judged as Prometheus would: it writes ALERTS, and an error leaves its states alone."""

    def __init__(self, states: PrometheusStates, *, offset: float = 0) -> None:
        self.name = states.rule.name
        self._states = states
        self._offset = offset
        self._output = _Output()
        self._health = _Health(self.name)

    def evaluate(self, store: SeriesStore, *, now: float) -> list[AlertChanged]:
        """Evaluate the rule at an instant."""
        condition = self._states.rule.condition
        assert isinstance(condition, PrometheusCondition)
        results = condition.results(store, now=now - self._offset)
        answer = partial(_answer, store=store, now=now, dialect=condition.expression.dialect)
        changes = self._states.judge(results, now=now, ask=answer)
        self._output.write(self._series(), store, now=now - self._offset)
        return self._health.well() + changes

    def fail(self, error: PromQLError, *, now: float) -> list[AlertChanged]:
        """Take in that an evaluation failed; only one that gave too many alerts loses them."""
        cleared = self._states.clear(now=now) if isinstance(error, TooMany) else []
        return self._health.ill() + cleared

    def alerts(self) -> list[Alert]:
        """Give the alerts that people are told of."""
        return self._states.alerts()

    def _series(self) -> dict[Labels, float]:
        """Give ALERTS and ALERTS_FOR_STATE; a label whose template came out empty is there as it was written."""
        samples: dict[Labels, float] = {}
        written = {name: template.text for name, template in self._states.rule.labels.items()}
        for each in self._states.instances:
            labels = {**written, **each.labels}
            samples[Labels({**labels, METRIC_NAME: "ALERTS", "alertstate": each.state})] = 1.0
            samples[Labels({**labels, METRIC_NAME: "ALERTS_FOR_STATE"})] = each.active_at
        return samples


class RecordingEvaluator:
    """A recording rule."""

    def __init__(self, rule: RecordingRule, *, limit: int = 0, offset: float = 0) -> None:
        self.name = rule.name
        self._rule = rule
        self._limit = limit
        self._offset = offset
        self._output = _Output()
        self._health = _Health(self.name)

    def evaluate(self, store: SeriesStore, *, now: float) -> list[AlertChanged]:
        """Evaluate the rule at an instant, and write what it gave."""
        own = {**self._rule.labels, METRIC_NAME: self._rule.name}
        at = now - self._offset
        numbers = ask(self._rule.expression, store, now=at)
        refuse_too_many(len(numbers), limit=self._limit)
        named = [(Labels({**number.labels, **own}), number.value) for number in numbers]
        refuse_twins([labels for labels, _ in named])
        self._output.write({labels: value for labels, value in named if value is not None}, store, now=at)
        return self._health.well()

    def fail(self, _error: PromQLError, *, now: float) -> list[AlertChanged]:  # noqa: ARG002 - an Evaluator's shape
        """Take in that an evaluation failed."""
        return self._health.ill()

    def alerts(self) -> list[Alert]:
        """Give none: a recording rule has no alerts."""
        return []


def _answer(text: str, store: SeriesStore, *, now: float, dialect: Dialect) -> list[Sample]:
    """Answer what a template asks with `query`; a number comes as a sample without labels."""
    expression = compile_expression(text, dialect=dialect)
    return [Sample(found.labels, found.value) for found in ask(expression, store, now=now) if found.value is not None]


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
