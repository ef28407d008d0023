"""Everything that watches the system under test: what it pushes, the rules over that, the notifier and the pager.

Pure: time comes in, events go out through `record`. Every stack has one, fed by whatever carries its telemetry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random

from harness.alerting.engine import RuleEngine
from harness.alerting.notifier import Notifier
from harness.alerting.promql import SeriesStore
from harness.alerting.rules import RuleGroup
from harness.events import Event, HarnessTroubled, PageSent
from harness.oncall.chain import course_chain
from harness.oncall.escalation import Escalation
from harness.oncall.responder import Answer, Ignores, Person, Responder
from harness.stacks.black_box import BlackBox
from harness.telemetry.logs import LogStore
from harness.telemetry.sink import Sink

KEEPS = timedelta(hours=2)
"""How far back samples are kept, in steady time."""


class Habit:
    """A responder who can change: a person until the scenario says otherwise."""

    def __init__(self) -> None:
        self.now: Responder = Person()

    def __call__(self, page: PageSent, *, now: float, rng: Random) -> Answer | None:
        """Answer as the present habit does."""
        return self.now(page, now=now, rng=rng)


class Monitoring:
    """Samples and log lines, alert rules, notifications and pages.

    Args:
        groups: the alert rules.
        on_call: who is paged first.
        seed: of the people's reaction times.
        incident: incident time of a steady instant.
        record: keeps an event.
        steady_of: steady seconds of an instant on the service's own clock.
    """

    def __init__(
        self,
        groups: Iterable[RuleGroup],
        *,
        on_call: str,
        seed: int,
        incident: Callable[[float], datetime],
        record: Callable[[Event], object],
        steady_of: Callable[[float], float] = float,
    ) -> None:
        self.store = SeriesStore()
        self.logs = LogStore()
        self.sink = Sink(store=self.store, logs=self.logs, incident=incident, steady_of=steady_of)
        self.black_box = BlackBox(self.store)
        self.engine = RuleEngine(groups, self.store)
        self._notifier = Notifier()
        self._habit = Habit()
        self._escalation = Escalation(
            course_chain(on_call), rng=Random(f"{seed}/on-call"), responders={on_call: self._habit}
        )
        self._record = record
        self._broken_rules: set[str] = set()
        self._watches_from = math.inf

    def watch(self, now: float) -> None:
        """Begin to evaluate the rules once a service that comes up now has pushed enough for each of them.

        A service that has just started has no history, which every rule would take for silence.
        """
        delays = self.evaluation_delays(timedelta()).values()
        self._watches_from = now + max(delays, default=timedelta()).total_seconds()

    def evaluation_delays(self, push_interval: timedelta) -> dict[str, timedelta]:
        """Give, for each alert rule, the time within which it must notice that nothing is pushed any more."""
        return evaluation_delays(self.engine, push_interval)

    def tick(self, now: float) -> None:
        """Evaluate, notify and page, as far as it is due.

        Evidence: AlertChanged, NotificationSent, PageSent and its answers; HarnessTroubled for a rule that fails.
        """
        self.black_box.tick(now)
        if now >= self._watches_from and self.engine.next_due(now) <= now:
            self._evaluate(now)
        for notification in self._notifier.tick(now):
            self._record(notification)
            self._all(self._escalation.notified(notification, now=now))
        self._all(self._escalation.tick(now))

    def ignore_pages(self, reason: str) -> None:
        """Let whoever is on call see each page from now on, and do nothing."""
        self._habit.now = Ignores(reason)

    def acknowledge(self, responder: str) -> int:
        """Take every page that is open, and answer for oneself from now on; gives how many there were."""
        self._habit.now = Person()
        taken = [page.name for page in self._escalation.pages if page.state in {"new", "silenced"}]
        for page in taken:
            self._all(self._escalation.acknowledge(page, responder=responder))
        return len(taken)

    def _evaluate(self, now: float) -> None:
        evaluation = self.engine.tick(now)
        self._all(evaluation.events)
        for rule, why in evaluation.failures.items():
            if rule not in self._broken_rules:
                self._broken_rules.add(rule)
                self._record(HarnessTroubled(where=f"alert rule {rule}", error=why))
        self._notifier.observe(evaluation.alerts, now=now)
        self.store.drop_before(now - KEEPS.total_seconds())

    def _all(self, events: Iterable[Event]) -> None:
        for event in events:
            self._record(event)


def evaluation_delays(engine: RuleEngine, push_interval: timedelta) -> dict[str, timedelta]:
    """Give, for each alert rule of an engine, the time within which it must notice silence."""
    names = [rule.name for group in engine.groups for rule in group.alerts]
    return {name: engine.evaluation_delay(name, push_interval=push_interval) for name in names}
