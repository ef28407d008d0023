"""A fire drill: one rule is made to go off, on a clock of its own, and people hear of it or do not.

Pure: series are made up from what the rule asks for, the engine judges them as it would judge a service's, and the
notifier groups what stands. Whoever runs the drill delivers what it says is to be sent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from harness.alerting.conditions import GrafanaCondition
from harness.alerting.engine import RuleEngine
from harness.alerting.logql import LoggedSeries
from harness.alerting.notifier import Notification, Notifier
from harness.alerting.promql import longest_window
from harness.alerting.provocation import Feed, Plan, Provocation, provocation, recordings_read_by, silencing, why_not
from harness.alerting.rules import AlertRule, GrafanaVersion, RecordingRule, RuleGroup
from harness.durations import spoken
from harness.errors import ScenarioError, unknown_name
from harness.events import AlertChanged
from harness.telemetry.logs import LogStore

PATIENCE = timedelta(hours=1)
"""How long a drill goes on beyond what the rule and the notifier say they take."""


@dataclass(frozen=True, slots=True)
class Beat:
    """Something that happened in a drill."""

    after: timedelta
    """How long after the breach began."""
    said: str
    """What, in a few words."""
    notification: Notification | None = None
    """What is to be delivered now, if anything."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The rule that is drilled, and what it needs in order to be evaluated."""

    rule: AlertRule
    """It."""
    group: RuleGroup
    """The group that it stands in."""
    groups: tuple[RuleGroup, ...]
    """Its group and those that record what it reads, with nothing else in them."""

    @classmethod
    def find(cls, name: str, groups: Sequence[RuleGroup]) -> Subject:
        """Find a rule by its name; of several with one name, the first.

        Raises:
            ScenarioError: when there is none.
        """
        every = [(group, rule) for group in groups for rule in group.alerts]
        found = next(((group, rule) for group, rule in every if rule.name == name), None)
        if found is None:
            raise ScenarioError(unknown_name("alert rule", name, known={rule.name for _, rule in every}))
        group, rule = found
        recordings = recordings_read_by(rule, _recordings(groups))
        kept = (replace(each, rules=tuple(one for one in each.rules if one in (rule, *recordings))) for each in groups)
        return cls(rule, group, tuple(each for each in kept if each.rules))

    @property
    def recordings(self) -> list[RecordingRule]:
        """The rules that record what it reads, in their order."""
        return list(_recordings(self.groups))

    @property
    def window(self) -> timedelta:
        """How far back it looks, and what it reads with it."""
        condition = self.rule.condition
        own = [query.window for query in condition.queries] if isinstance(condition, GrafanaCondition) else []
        return sum((longest_window(each.expression) for each in self.recordings), max([condition.window, *own]))

    def provoked(self, *, by_silence: bool, now: float) -> Provocation | str:
        """Find what makes it go off; a sentence that says why nothing does, when nothing does."""
        if by_silence:
            found = silencing(self.rule, recordings=self.recordings, now=now)
            return found or "nothing was found that keeps it quiet, so its silence would prove nothing"
        found = provocation(self.rule, recordings=self.recordings, now=now)
        return found or why_not(self.rule, recordings=self.recordings, now=now)


class FireDrill:
    """Plays a provocation to a rule, and tells what comes of it.

    Args:
        subject: the rule.
        provoked: what makes it go off.
        notifier: who hears of it.
        starts: steady seconds at which it begins.
        grafana: whose manners a rule with a no-data state has.
    """

    def __init__(
        self,
        subject: Subject,
        provoked: Provocation,
        *,
        notifier: Notifier,
        starts: float,
        grafana: GrafanaVersion = 12,
    ) -> None:
        self._subject = subject
        self._provoked = provoked
        self._notifier = notifier
        store = LoggedSeries(LogStore())
        self._feed = Feed(store)
        self._engine = RuleEngine(subject.groups, store, grafana=grafana)
        calm = subject.window + 2 * _slowest(subject.groups) if provoked.calm else timedelta()
        self._begins = starts
        self.breaks = starts + calm.total_seconds()
        """When the breach begins."""
        self.has_fired = False
        """Whether the rule has gone off."""
        self.is_told = False
        """Whether anybody was told of it."""

    def beats(self) -> Iterator[Beat]:
        """Play it, until somebody is told, or until nothing can come any more."""
        every = self._provoked.every.total_seconds()
        now, pushes = self._begins, self._begins
        ends = self.breaks + self._patience().total_seconds()
        yield self._beat(self.breaks, "the breach begins")
        while now <= ends and not self.is_told:
            if pushes <= now:
                self._feed.push(self._plan(now), at=now, seconds=every)
                pushes += every
            yield from self._evaluated(now)
            yield from self._notified(now)
            now = min(pushes, self._engine.next_due(now), self._notifier.next_due())

    def missing(self) -> str:
        """Say, after the last beat, what did not happen, and why as far as one can tell; "" when all did."""
        rule = self._subject.rule
        if self.is_told:
            return ""
        if not self.has_fired:
            held = f", and it must hold for {spoken(rule.holds_for)}" if rule.holds_for else ""
            return f"its condition was met in a trial, but it did not go off{held}: what it asks for does not last"
        return f"it went off and nobody was told: {self._why_untold()}"

    def _plan(self, now: float) -> Plan:
        calm = self._provoked.calm
        return calm if calm is not None and now < self.breaks else self._provoked.breach

    def _evaluated(self, now: float) -> Iterator[Beat]:
        if self._engine.next_due(now) > now:
            return
        evaluation = self._engine.tick(now)
        if now < self.breaks:
            return  # while it warms up it may well have no data yet, which is not what is drilled
        for change in evaluation.events:
            if change.rule == self._subject.rule.name:
                yield self._beat(now, _told(change))
        for rule, why in evaluation.failures.items():
            yield self._beat(now, f"{rule} cannot be evaluated: {why}")
        self.has_fired |= bool(evaluation.alerts)
        self._notifier.observe(evaluation.alerts, now=now)

    def _notified(self, now: float) -> Iterator[Beat]:
        for notification in self._notifier.notify(now):
            self.is_told = True
            count = len(notification.alerts)
            alerts = f"{count} alert" if count == 1 else f"{count} alerts"
            yield self._beat(now, f"{notification.receiver} is told of {alerts}", notification)

    def _beat(self, now: float, said: str, notification: Notification | None = None) -> Beat:
        return Beat(timedelta(seconds=round(now - self.breaks, 3)), said, notification)

    def _patience(self) -> timedelta:
        policies = [route.policy for route, _ in self._notifier.routes.walk()]
        told = max(policy.group_wait + policy.group_interval for policy in policies)
        rule = self._subject.rule
        return self._subject.window + rule.holds_for + 3 * _slowest(self._subject.groups) + told + PATIENCE

    def _why_untold(self) -> str:
        alerts = self._engine.tick(self._engine.next_due(self.breaks)).alerts
        if not alerts:
            return "it was over before anybody could be"
        labels = alerts[0].labels
        receivers = sorted({route.policy.receiver for route in self._notifier.routes.ends(labels)})
        return f"{', '.join(receivers)} hears of {labels}, and reaches nobody, or a silence or an inhibition mutes it"


def _told(change: AlertChanged) -> str:
    value = "" if change.value is None or math.isnan(change.value) else f", value {change.value:g}"
    return f"{change.previous} → {change.state} ({change.reason}{value})"


def _recordings(groups: Iterable[RuleGroup]) -> Iterator[RecordingRule]:
    return (rule for group in groups for rule in group.rules if isinstance(rule, RecordingRule))


def _slowest(groups: Iterable[RuleGroup]) -> timedelta:
    return max(group.interval for group in groups)
