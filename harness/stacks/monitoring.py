"""Everything that watches the system under test: what it pushes, the rules over that, the notifier and the pager.

Pure: time comes in, events go out through `record`. Every stack has one, fed by whatever carries its telemetry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from harness.alerting.backfill import backfill, longest_look
from harness.alerting.engine import RuleEngine
from harness.alerting.logql import LoggedSeries
from harness.alerting.notifier import Notification, Notifier
from harness.alerting.rules import RecordingRule, RuleGroup
from harness.events import Event, HarnessTroubled, PageSent
from harness.oncall.responder import Answer, Ignores, Person, Responder
from harness.oncall.rota import Rota
from harness.stacks.black_box import METRICS, BlackBox
from harness.telemetry.logs import LogStore
from harness.telemetry.roles import RoleMap
from harness.telemetry.sightings import Sightings
from harness.telemetry.sink import Sink

KEEPS = timedelta(hours=2)
"""How far back samples and log lines are kept, in steady time; further where a rule looks further."""

TIDIES_EVERY = timedelta(minutes=5)
"""How often what is older is thrown away: a look at every series."""

LONG = timedelta(minutes=30)
"""A rule that looks back further than this is not waited for: it is given a healthy past, like the one it saw begin."""

UNHURRIED = timedelta(minutes=5)
"""How long to wait when every rule is of that kind."""


class Habit:
    """A responder who can change: as usual until the scenario says otherwise.

    Args:
        usual: how they answer; for themselves where nobody says.
    """

    def __init__(self, usual: Responder | None = None) -> None:
        self.usual: Responder = usual or Person()
        self.now = self.usual

    def __call__(self, page: PageSent, *, now: float, rng: Random) -> Answer | None:
        """Answer as the present habit does."""
        return self.now(page, now=now, rng=rng)


def _tell_nobody(_notification: Notification) -> None:
    """Let the history be the only place that knows of it."""


@dataclass(frozen=True, slots=True)
class Team:
    """The people end of monitoring."""

    rota: Rota
    """Who is paged, and what they do."""
    notifier: Notifier = field(default_factory=Notifier)
    """Who hears of what."""
    tell: Callable[[Notification], object] = _tell_nobody
    """Takes each notification to whoever it is for."""
    roles: RoleMap = field(default_factory=RoleMap)
    """What they call their metrics."""


class Monitoring:
    """Samples and log lines, alert rules, notifications and pages.

    Args:
        groups: the alert rules.
        on_call: who is paged first, by the course's chain; or a team that has its own.
        seed: of the people's reaction times.
        incident: incident time of a steady instant.
        record: keeps an event.
        steady_of: steady seconds of an instant on the service's own clock.
    """

    def __init__(
        self,
        groups: Iterable[RuleGroup],
        *,
        on_call: str | Team,
        seed: int,
        incident: Callable[[float], datetime],
        record: Callable[[Event], object],
        steady_of: Callable[[float], float] = float,
    ) -> None:
        self.logs = LogStore()
        self.store = LoggedSeries(self.logs)
        self.sink = Sink(store=self.store, logs=self.logs, incident=incident, steady_of=steady_of)
        self.black_box = BlackBox(self.store)
        self.engine = RuleEngine(groups, self.store)
        self._team = Team(Rota.course(on_call)) if isinstance(on_call, str) else on_call
        rota = self._team.rota
        responders = {name: made() for name, made in rota.responders.items()}
        self._habits = {name: Habit(responders.get(name)) for name in rota.first}
        self._escalation = rota.escalation(
            {**responders, **self._habits}, rng=Random(f"{seed}/on-call"), incident=incident
        )
        self._sightings = Sightings(self.store, roles=self._team.roles, but=_made_here(self.engine))
        self._record = record
        self._broken_rules: set[str] = set()
        self._watches_from = math.inf
        self._looks_back = longest_look(self.engine.groups)
        self._needs_past = self._looks_back > LONG
        self._healthy_from = math.inf
        self._quiet_until = self._tidies_at = -math.inf

    def watch(self, now: float, *, is_watched: bool = False) -> None:
        """Begin to evaluate the rules once a service that comes up now has pushed enough for each of them.

        A service that has just started has no history, which every rule would take for silence.

        Args:
            now: steady seconds.
            is_watched: whether somebody else has evaluated them all along, so that there is nothing to wait for.
        """
        self._quiet_until = -math.inf
        if is_watched:
            self._watches_from, self._needs_past = now, False
            return
        delays = [delay for delay in self.evaluation_delays(timedelta()).values() if delay <= LONG]
        waits = max(delays, default=UNHURRIED).total_seconds()
        self._watches_from, self._healthy_from = now + waits, now + waits / 2

    def evaluation_delays(self, push_interval: timedelta) -> dict[str, timedelta]:
        """Give, for each alert rule, the time within which it must notice that nothing is pushed any more."""
        return evaluation_delays(self.engine, push_interval)

    def is_due(self, now: float) -> bool:
        """Say whether `tick` has anything to do: a simulation asks each second, and mostly it has not."""
        return now >= self._quiet_until or self._sightings.is_due()

    def tick(self, now: float) -> None:
        """Evaluate, notify and page, as far as it is due.

        Evidence: AlertChanged, NotificationSent, PageSent and its answers; MetricsMapped when metrics come in for the
            first time; HarnessTroubled for a rule that fails.
        """
        self.black_box.tick(now)
        self._all(self._sightings.look())
        if now >= self._watches_from and self.engine.next_due(now) <= now:
            self._evaluate(now)
        for notification in self._team.notifier.notify(now):
            told = notification.event()
            self._record(told)
            self._team.tell(notification)
            if self._team.rota.hears(notification.receiver):
                self._all(self._escalation.notified(told, now=now))
        self._all(self._escalation.tick(now))
        evaluates = self._watches_from if now < self._watches_from else self.engine.next_due(now)
        heard = min(self._team.notifier.next_due(), self._escalation.next_due())
        self._quiet_until = min(self.black_box.due, evaluates, heard)

    def ignore_pages(self, reason: str, *, by: str = "") -> None:
        """Let `by`, or whoever is paged first, see each page from now on, and do nothing."""
        for habit in self._habits.values():
            habit.now = Ignores(reason, by=by)

    def acknowledge(self, responder: str) -> int:
        """Take every page that is open, and answer as usual from now on; gives how many there were."""
        self._quiet_until = -math.inf
        for habit in self._habits.values():
            habit.now = habit.usual
        taken = [page.name for page in self._escalation.pages if page.state in {"new", "dismissed"}]
        for page in taken:
            self._all(self._escalation.acknowledge(page, responder=responder))
        return len(taken)

    def escalate(self, now: float) -> tuple[str, ...]:
        """Page whoever comes next about each page that is not over; gives their names."""
        self._quiet_until = -math.inf
        sent = [event for page in self._escalation.pages for event in self._escalation.escalate(page.name, now=now)]
        self._all(sent)
        return tuple(event.responder for event in sent if isinstance(event, PageSent))

    def _evaluate(self, now: float) -> None:
        if self._needs_past:
            self._needs_past = False
            backfill(self.store, healthy_from=self._healthy_from, healthy_until=now, reach=self._looks_back)
        evaluation = self.engine.tick(now)
        self._all(evaluation.events)
        for rule, why in evaluation.failures.items():
            if rule not in self._broken_rules:
                self._broken_rules.add(rule)
                self._record(HarnessTroubled(where=f"alert rule {rule}", error=why))
        self._team.notifier.observe(evaluation.alerts, now=now)
        if now >= self._tidies_at:
            self._tidies_at = now + TIDIES_EVERY.total_seconds()
            oldest = now - max(KEEPS, self._looks_back).total_seconds()
            self.store.drop_before(oldest)
            self.logs.drop_before(oldest)

    def _all(self, events: Iterable[Event]) -> None:
        for event in events:
            self._record(event)


def evaluation_delays(engine: RuleEngine, push_interval: timedelta) -> dict[str, timedelta]:
    """Give, for each alert rule of an engine, the time within which it must notice silence."""
    names = [rule.name for group in engine.groups for rule in group.alerts]
    return {name: engine.evaluation_delay(name, push_interval=push_interval) for name in names}


def _made_here(engine: RuleEngine) -> set[str]:
    """Give the names of the metrics that no service pushes."""
    recorded = {rule.name for group in engine.groups for rule in group.rules if isinstance(rule, RecordingRule)}
    return {"ALERTS", "ALERTS_FOR_STATE", *METRICS, *recorded}
