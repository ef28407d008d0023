"""The alert states of Prometheus.

Rules of this file:

- An alert is a label set that the rule's expression returns. New, it is pending; after `for` it fires.
- With `for: 0s` it fires at the evaluation that first sees it, without being pending.
- A pending alert that is not returned is forgotten; it starts from nothing when it comes back.
- A firing alert that is not returned is resolved, unless `keep_firing_for` holds it: counted from the first miss.
- Silence is "not returned" like any other: a firing alert resolves when its series goes stale.
- A rule that gives more alerts than its group's `limit` loses them all.
- An evaluation that fails changes nothing: nothing resolves, and `for` goes on counting.

Prometheus goes on sending a resolved alert for 15 minutes; here the notifier sees at once that it is gone.
Source: rules/alerting.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.alerting.conditions import refuse_too_many, refuse_twins
from harness.alerting.promql import Labels
from harness.alerting.rules import AlertRule
from harness.alerting.states import Alert, Ask, Instance, Result, ask_nobody, has_lasted
from harness.alerting.templates import Subject
from harness.events import AlertChanged


@dataclass(slots=True)
class PrometheusInstance(Instance):
    """An alert of a Prometheus rule."""

    active_at: float = 0.0
    """When the rule first returned it; `for` counts from here, and so does ALERTS_FOR_STATE."""
    missed_since: float | None = None
    """The first evaluation that did not return it, while `keep_firing_for` holds it."""


class PrometheusStates:
    """The alerts of one rule, as Prometheus keeps them.

    Args:
        rule: the rule.
        limit: how many alerts it may have; 0 is as many as it likes.
    """

    def __init__(self, rule: AlertRule, *, limit: int = 0) -> None:
        self.rule = rule
        self._limit = limit
        self._instances: dict[Labels, PrometheusInstance] = {}

    @property
    def instances(self) -> tuple[PrometheusInstance, ...]:
        """Every alert that is pending or firing."""
        return tuple(self._instances.values())

    def judge(self, results: Sequence[Result], *, now: float, ask: Ask = ask_nobody) -> list[AlertChanged]:
        """Take in one evaluation.

        Args:
            results: what the rule's expression returned.
            now: when it was evaluated.
            ask: answers what the rule's templates ask.

        Raises:
            EvaluationError: when two results make the same alert, or TooMany of them; nothing has changed then.
        """
        subjects = [each.about(now=now, ask=ask) for each in results]
        labelled = [(self.rule.labels_of(subject), subject) for subject in subjects]
        refuse_twins([labels for labels, _ in labelled])
        returned = {labels for labels, _ in labelled}
        kept = sum(each.labels not in returned and self._is_kept(each, now=now) for each in self.instances)
        refuse_too_many(len(returned) + kept, limit=self._limit)
        for labels, subject in labelled:
            self._see(labels, subject, now=now)
        return [change for each in self.instances if (change := self._advance(each, now=now))]

    def fail(self, *, now: float) -> list[AlertChanged]:  # noqa: ARG002 - Grafana's states have a use for it
        """Take in an evaluation that failed: nothing changes."""
        return []

    def clear(self, *, now: float) -> list[AlertChanged]:
        """Drop every alert, as a rule does that gives more of them than its group allows."""
        cleared, self._instances = self.instances, {}
        return [each.move("inactive", rule=self.rule.name, reason="error", now=now) for each in cleared]

    def alerts(self) -> list[Alert]:
        """Give the alerts that fire."""
        return [
            Alert(
                self.rule.name,
                each.labels,
                self.rule.annotations_of(each.about),
                starts_at=each.since,
            )
            for each in self.instances
            if each.state == "firing"
        ]

    def _see(self, labels: Labels, about: Subject, *, now: float) -> None:
        instance = self._instances.get(labels)
        if instance is None:
            instance = PrometheusInstance(Labels(about.labels), labels, about, seen=now, since=now, active_at=now)
            self._instances[labels] = instance
        instance.seen, instance.about, instance.missed_since = now, about, None

    def _advance(self, instance: PrometheusInstance, *, now: float) -> AlertChanged | None:
        """Move an alert on, if it is time."""
        if instance.seen != now:
            return self._miss(instance, now=now)
        if instance.state == "firing":
            return None
        if has_lasted(self.rule.holds_for, since=instance.active_at, now=now):
            return instance.move("firing", rule=self.rule.name, reason="threshold", now=now)
        if instance.state == "inactive":
            return instance.move("pending", rule=self.rule.name, reason="threshold", now=now)
        return None

    def _miss(self, instance: PrometheusInstance, *, now: float) -> AlertChanged | None:
        if self._is_kept(instance, now=now):
            instance.missed_since = now if instance.missed_since is None else instance.missed_since
            return None
        del self._instances[instance.labels]
        return instance.move("inactive", rule=self.rule.name, reason="resolved", now=now)

    def _is_kept(self, instance: PrometheusInstance, *, now: float) -> bool:
        """Say whether `keep_firing_for` holds an alert that is not returned."""
        if instance.state != "firing" or not self.rule.keep_firing_for:
            return False
        since = now if instance.missed_since is None else instance.missed_since
        return not has_lasted(self.rule.keep_firing_for, since=since, now=now)
