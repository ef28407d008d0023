"""The notifier: turns alerts that stand into as few notifications as people can bear.

Rules of this file:

- Alerts with equal `group_by` labels are one group and share its notifications.
- A new group waits `group_wait` for company before its first notification; resolved within it, nobody hears of it.
- After that it is looked at every `group_interval`, and sends when an alert is new, when one has resolved, when all
  have, or when `repeat_interval` has passed since it last sent; between two looks nothing is sent.
- A group whose alerts have all resolved is forgotten; the next alert starts it afresh.

A storm of silent rules is one group: Grafana calls each of its alerts DatasourceNoData, and groups by that name.
Source: Alertmanager's dispatch and notify packages; Grafana's default policy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from harness.alerting.promql import Labels
from harness.alerting.states import Alert, has_lasted
from harness.events import NotificationSent


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient the notifier is, and whom it tells."""

    receiver: str = "on-call"
    """The contact point."""
    group_by: tuple[str, ...] = ("alertname",)
    """Labels that alerts of one group share; `...` makes every alert a group of its own."""
    group_wait: timedelta = timedelta(seconds=30)
    """How long a new group waits for company."""
    group_interval: timedelta = timedelta(minutes=5)
    """How often a group is looked at afterwards."""
    repeat_interval: timedelta = timedelta(hours=4)
    """How long an unchanged group keeps quiet; rounded up to the next look."""

    def group_of(self, alert: Alert) -> Labels:
        """Give the labels of the group that an alert belongs to."""
        return alert.labels if "..." in self.group_by else alert.labels.keep(self.group_by)


class Notifier:
    """Groups alerts, and says when to tell whom.

    Args:
        policy: how patient it is; the defaults are Alertmanager's and Grafana's.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self._groups: dict[Labels, _Group] = {}

    def observe(self, alerts: Iterable[Alert], *, now: float) -> None:
        """Take in every alert that stands now; one that stood before and is not among them has resolved."""
        standing: dict[Labels, dict[Labels, Alert]] = {}
        for alert in alerts:
            standing.setdefault(self.policy.group_of(alert), {})[alert.labels] = alert
        for labels in [labels for labels in standing if labels not in self._groups]:
            self._groups[labels] = _Group(due=now + self.policy.group_wait.total_seconds())
        for labels, group in self._groups.items():
            group.firing = standing.get(labels, {})

    def tick(self, now: float) -> list[NotificationSent]:
        """Send what is due.

        Timing: call it at `next_due`, or as often as you like.
        """
        sent: list[NotificationSent] = []
        for labels, group in list(self._groups.items()):
            if group.due > now:
                continue
            if group.has_news(now=now, repeat_interval=self.policy.repeat_interval):
                sent.append(self._notification(labels, group))
                group.told(now=now)
            if not group.firing:
                del self._groups[labels]
            group.look_again(now=now, interval=self.policy.group_interval)
        return sent

    def next_due(self) -> float:
        """Say when a group is to be looked at next, in steady seconds; never, while nothing fires."""
        return min((group.due for group in self._groups.values()), default=math.inf)

    def _notification(self, labels: Labels, group: _Group) -> NotificationSent:
        return NotificationSent(
            receiver=self.policy.receiver,
            group=str(labels) or "{}",
            status="firing" if group.firing else "resolved",
            alerts=sorted({alert.rule for alert in group.firing.values()}),
        )


@dataclass(slots=True)
class _Group:
    """Alerts that share their notifications."""

    due: float
    """When it is looked at next."""
    firing: dict[Labels, Alert] = field(default_factory=dict)
    """The alerts that stand."""
    told_firing: frozenset[Labels] = frozenset()
    """Those that fired when the last notification was sent."""
    told_at: float = -math.inf
    """When that was."""

    def has_news(self, *, now: float, repeat_interval: timedelta) -> bool:
        if not self.firing:
            return bool(self.told_firing)
        is_new = not self.firing.keys() <= self.told_firing
        has_ended = not self.told_firing <= self.firing.keys()
        return is_new or has_ended or has_lasted(repeat_interval, since=self.told_at, now=now)

    def told(self, *, now: float) -> None:
        self.told_firing, self.told_at = frozenset(self.firing), now

    def look_again(self, *, now: float, interval: timedelta) -> None:
        missed = (now - self.due) // interval.total_seconds()
        self.due += (missed + 1) * interval.total_seconds()
