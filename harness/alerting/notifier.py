"""The notifier: turns alerts that stand into as few notifications as people can bear.

Rules of this file:

- A rule with a route of its own goes past the tree.
- Alerts that end at one route with equal `group_by` labels are one group and share its notifications.
- A new group waits `group_wait` for company before its first notification; resolved within it, nobody hears of it.
- After that it is looked at every `group_interval`, and sends when an alert is new, when one has resolved, when all
  have, or when more than `repeat_interval` has passed since it last sent; between two looks nothing is sent.
- An alert that is inhibited or silenced at a look is not there at that look, firing or resolved; nor is any alert of a
  route whose time intervals mute it then.
- A group whose alerts have all resolved is forgotten after that look; the next alert starts it afresh. What was last
  told of it is not forgotten: an alert that ended unheard, under a silence, and comes back is no news.
- A receiver that reaches nobody is told nothing; one that does not want to hear of the end hears of firing alone.

A storm of silent rules is one group: Grafana calls each of its alerts DatasourceNoData, and groups by that name.
Source: Alertmanager's dispatch and notify packages; Grafana's default policy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness.alerting.inhibition import Inhibition
from harness.alerting.promql import Labels
from harness.alerting.routing import Policy, Route, quoted
from harness.alerting.silences import Silences
from harness.alerting.states import Alert
from harness.events import NotificationSent

__all__ = ["Notification", "Notified", "Notifier", "Policy", "Receiver"]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whoever is told."""

    name: str
    """As routes call it."""
    urls: tuple[str, ...] = ()
    """The webhooks that its notifications go to."""
    reaches_somebody: bool = True
    """Whether anything is sent at all; a receiver without integrations swallows what it is told."""
    hears_of_the_end: bool = True
    """Whether it is told that alerts have resolved (`send_resolved`)."""


@dataclass(frozen=True, slots=True)
class Notified:
    """An alert, as a notification tells of it."""

    alert: Alert
    """The alert."""
    ends_at: float | None = None
    """When it resolved, in steady seconds; None while it fires."""


@dataclass(frozen=True, slots=True)
class Notification:
    """What one receiver is told at one moment."""

    receiver: str
    """Who is told."""
    group: Labels
    """The labels that its alerts share by `group_by`."""
    key: str
    """What tells the group from all others, its route included."""
    alerts: tuple[Notified, ...]
    """The alerts, those that have resolved since the last notification among them."""

    @property
    def is_firing(self) -> bool:
        """Whether any of its alerts fires."""
        return any(each.ends_at is None for each in self.alerts)

    def event(self) -> NotificationSent:
        """Give the event that records it."""
        return NotificationSent(
            receiver=self.receiver,
            group=str(self.group) or "{}",
            status="firing" if self.is_firing else "resolved",
            alerts=sorted({each.alert.rule for each in self.alerts if each.ends_at is None}),
        )


class Notifier:
    """Groups alerts, and says when to tell whom.

    Args:
        routes: the routing tree, or the one policy that holds for all; the defaults are Alertmanager's and Grafana's.
        receivers: those that differ from the plain one, by name.
        inhibitions: rules by which alerts mute others.
        silences: what people have asked not to hear of; it may change while the notifier runs. Time intervals go by
            the same clock.
    """

    def __init__(
        self,
        routes: Route | Policy | None = None,
        *,
        receivers: Mapping[str, Receiver] | None = None,
        inhibitions: Sequence[Inhibition] = (),
        silences: Silences | None = None,
    ) -> None:
        self.routes = routes if isinstance(routes, Route) else Route(routes or Policy())
        self.silences = silences or Silences()
        self._receivers = dict(receivers or {})
        self.inhibitions = tuple(inhibitions)
        # Two routes of one tree may look alike, and still have groups of their own: a route is told by its place.
        self._keys = {id(route): key for route, key in self.routes.walk()}
        self._own: dict[Route, Route] = {}
        self._firing: dict[Labels, Alert] = {}
        self._groups: dict[tuple[int, Labels], _Group] = {}
        self._told: dict[tuple[int, Labels], _Told] = {}

    def observe(self, alerts: Iterable[Alert], *, now: float) -> None:
        """Take in every alert that stands now; one that stood before and is not among them has resolved."""
        self._firing = {alert.labels: alert for alert in alerts}
        for alert in self._firing.values():
            for route in self._ends(alert):
                self._group(route, alert, now=now).alerts[alert.labels] = Notified(alert)
        for group in self._groups.values():
            group.end(but=self._firing, now=now)

    def _ends(self, alert: Alert) -> list[Route]:
        """Give the routes that an alert ends at; of own routes that are alike, always the same one."""
        if alert.route is None:
            return self.routes.ends(alert.labels)
        return [self._own.setdefault(alert.route, alert.route)]

    def tick(self, now: float) -> list[NotificationSent]:
        """Send what is due, and give the events that record it.

        Timing: call it at `next_due`, or as often as you like.
        """
        return [notification.event() for notification in self.notify(now)]

    def notify(self, now: float) -> list[Notification]:
        """Give what is to be sent now, for whoever delivers it.

        Timing: as `tick`, and instead of it.
        """
        return [sent for key in list(self._groups) if self._groups[key].due <= now for sent in self._look(key, now=now)]

    def next_due(self) -> float:
        """Say when a group is to be looked at next, in steady seconds; never, while nothing fires."""
        return min((group.due for group in self._groups.values()), default=math.inf)

    def is_muted(self, labels: Labels, *, now: float) -> bool:
        """Say whether nobody is to hear of an alert now, because it is inhibited or silenced."""
        return self.silences.mutes(labels, now=now) or any(
            inhibition.mutes(labels, firing=self._firing) for inhibition in self.inhibitions
        )

    # Groups

    def _group(self, route: Route, alert: Alert, *, now: float) -> _Group:
        key = (id(route), route.policy.group_of(alert))
        if key not in self._groups:
            # A rule's own route is no part of the tree; Grafana makes a branch for it, with such a matcher.
            self._keys.setdefault(id(route), f'{{}}/{{__grafana_receiver__="{route.policy.receiver}"}}')
            self._groups[key] = _Group(route, due=now + route.policy.group_wait.total_seconds())
        return self._groups[key]

    def _look(self, key: tuple[int, Labels], *, now: float) -> Iterator[Notification]:
        """Look at a group whose turn it is: at most one notification comes of it."""
        group = self._groups[key]
        policy = group.route.policy
        is_heard = not group.route.is_muted(datetime.fromtimestamp(self.silences.clock(now), UTC))
        heard = group.alerts.values() if is_heard else ()
        shown = [each for each in heard if not self.is_muted(each.alert.labels, now=now)]
        now_told = _Told.of(shown, at=now)
        receiver = self._receivers.get(policy.receiver, Receiver(policy.receiver))
        if shown and now_told.is_news(self._told.get(key), policy=policy, wants_ends=receiver.hears_of_the_end):
            self._told[key] = now_told
            yield from self._sent(key, shown, receiver=receiver)
        group.forget_ended()
        if not group.alerts:
            del self._groups[key]
        group.look_again(now=now)

    def _sent(self, key: tuple[int, Labels], shown: list[Notified], *, receiver: Receiver) -> Iterator[Notification]:
        told = [each for each in shown if receiver.hears_of_the_end or each.ends_at is None]
        if receiver.reaches_somebody and told:
            place, group = key
            written = f"{self._keys[place]}:{written_labels(group)}"
            yield Notification(receiver.name, group, written, tuple(sorted(told, key=_in_order)))


def written_labels(labels: Mapping[str, str]) -> str:
    """Write labels as Alertmanager does: `{alertname="Slow", job="pizza"}`."""
    return "{" + ", ".join(f"{name}={quoted(value)}" for name, value in sorted(labels.items())) + "}"


def _in_order(notified: Notified) -> tuple[object, ...]:
    """Put alerts in the order in which Alertmanager sends them: by job and instance, those that have them first."""
    labels = notified.alert.labels
    job, instance = labels.value("job"), labels.value("instance")
    return not job, job, not instance, instance, len(labels), tuple(labels.items())


@dataclass(frozen=True, slots=True)
class _Told:
    """What a receiver last heard of a group."""

    firing: frozenset[Labels]
    resolved: frozenset[Labels]
    at: float

    @classmethod
    def of(cls, shown: Iterable[Notified], *, at: float) -> _Told:
        firing = {each.alert.labels for each in shown if each.ends_at is None}
        return cls(frozenset(firing), frozenset({each.alert.labels for each in shown} - firing), at)

    def is_news(self, before: _Told | None, *, policy: Policy, wants_ends: bool) -> bool:
        """Say whether this is worth telling to somebody who has heard the other."""
        if before is None or not self.firing <= before.firing:
            return bool(self.firing)
        if not self.firing:
            return bool(before.firing)
        if wants_ends and not self.resolved <= before.resolved:
            return True
        return self.at - before.at > policy.repeat_interval.total_seconds()


@dataclass(slots=True)
class _Group:
    """Alerts that share their notifications."""

    route: Route
    """Where they end up."""
    due: float
    """When it is looked at next."""
    alerts: dict[Labels, Notified] = field(default_factory=dict)
    """Those that fire, and those that have resolved since the last look."""

    def end(self, *, but: Mapping[Labels, Alert], now: float) -> None:
        """Note which of its alerts do not stand any more."""
        for labels, each in self.alerts.items():
            if each.ends_at is None and labels not in but:
                self.alerts[labels] = Notified(each.alert, ends_at=now)

    def forget_ended(self) -> None:
        """Let go of the alerts that have resolved."""
        self.alerts = {labels: each for labels, each in self.alerts.items() if each.ends_at is None}

    def look_again(self, *, now: float) -> None:
        """Be due at the next multiple of the interval."""
        interval = self.route.policy.group_interval.total_seconds()
        self.due += ((now - self.due) // interval + 1) * interval
