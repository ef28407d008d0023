"""Escalation: pages people about alert groups, step by step, until somebody takes the page or the alerts end.

Rules of this file:

- The first firing notification of a group opens a page, and its chain starts at once.
- The chain goes on until somebody acknowledges, dismisses or resolves the page, or its alerts resolve. Ignoring a page
  stops nothing; dismissing it ends its chain, though nobody has taken it.
- A step that names a schedule pages whoever is on call at that moment; where that is nobody, the chain goes on.
- An acknowledged page stays acknowledged, whatever joins its group. Only the end of its alerts closes it.
- A group that fires again after its end opens another page, and so does one that is still told of after somebody has
  resolved its page by hand.
- An answer that comes at the very moment of the next step comes first.

Source: Grafana OnCall, alert group states.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal

from harness.errors import ScenarioError, unknown_name
from harness.events import NotificationSent, PageAcknowledged, PageIgnored, PageResolved, PageSent
from harness.oncall.chain import Chain, Notify, Wait
from harness.oncall.responder import Acknowledge, Answer, Dismiss, Ignore, Person, Resolve, Responder
from harness.oncall.schedule import Duty, themselves

PageState = Literal["new", "acknowledged", "dismissed", "resolved"]
PageEvent = PageSent | PageIgnored | PageAcknowledged | PageResolved


@dataclass(slots=True)
class Page:
    """An alert group, as the people on call see it."""

    name: str
    """What tells it from all others: its group, and which time that was."""
    alerts: list[str]
    """Names of the rules that fire."""
    due: float
    """When its chain goes on, in steady seconds; never, once the chain has ended."""
    state: PageState = "new"
    """Whether somebody has taken it."""
    step: int = 0
    """The next step of the chain."""
    repeats: int = 0
    """How often the chain began again."""


class Escalation:
    """Carries out an escalation chain for every alert group.

    Args:
        chain: whom to page, and in what order.
        rng: seeded; responders draw their delays from it.
        responders: how people answer. Whoever is not named answers for themselves.
        on_duty: who stands behind a name of the chain; without it every name is a person's own.

    Raises:
        ScenarioError: when there are no schedules, and a responder is named whom the chain never pages.
    """

    def __init__(
        self,
        chain: Chain,
        *,
        rng: Random,
        responders: Mapping[str, Responder] | None = None,
        on_duty: Duty = themselves,
    ) -> None:
        self.chain = chain
        self._on_duty = on_duty
        self._rng = rng
        self._responders = dict(responders or {})
        self._pages: dict[str, Page] = {}
        self._open: dict[str, Page] = {}
        self._answers: list[tuple[float, PageSent, Answer]] = []
        for name in self._responders:
            if on_duty is themselves and name not in chain.responders:
                raise ScenarioError(unknown_name("responder", name, known=chain.responders))

    @property
    def pages(self) -> tuple[Page, ...]:
        """Every page so far, oldest first."""
        return tuple(self._pages.values())

    def notified(self, notification: NotificationSent, *, now: float) -> list[PageEvent]:
        """Take in a notification: a firing group opens a page, a resolved one closes it."""
        page = self._open.get(notification.group)
        if notification.status == "resolved":
            return [] if page is None else self._resolve(page, notification.group)
        if page is None:
            self._open[notification.group] = self._opened(notification, now=now)
            return self.tick(now)
        page.alerts = notification.alerts
        return []

    def acknowledge(self, page: str, *, responder: str) -> list[PageEvent]:
        """Take a page; nothing happens when it is taken already, or over."""
        taken = self._named(page)
        if taken.state not in ("new", "dismissed"):
            return []
        taken.state, taken.due = "acknowledged", math.inf
        return [PageAcknowledged(page=page, responder=responder)]

    def ignore(self, page: str, *, responder: str, reason: str) -> list[PageEvent]:
        """See a page and do nothing; its chain goes on."""
        if self._named(page).state == "resolved":
            return []
        return [PageIgnored(page=page, responder=responder, reason=reason)]

    def dismiss(self, page: str, *, responder: str, reason: str) -> list[PageEvent]:
        """Wave a page away: its chain ends; nothing happens when it is taken already, or over."""
        waved = self._named(page)
        if waved.state != "new":
            return []
        waved.state, waved.due = "dismissed", math.inf
        return [PageIgnored(page=page, responder=responder, reason=f"dismissed: {reason}")]

    def resolve(self, page: str) -> list[PageEvent]:
        """Close a page by hand; nothing happens when it is over."""
        group = next((group for group, each in self._open.items() if each is self._named(page)), None)
        return [] if group is None else self._resolve(self._open[group], group)

    def escalate(self, page: str, *, now: float) -> list[PageEvent]:
        """Page whoever comes next in the chain without waiting; whether anybody has taken it stays as it is.

        Returns: nothing when the page is over, or nobody is left to be paged.
        """
        raised = self._named(page)
        sent: list[PageEvent] = []
        while not sent and raised.state != "resolved" and raised.step < len(self.chain.steps):
            step = self.chain.steps[raised.step]
            raised.step += 1
            if isinstance(step, Notify):
                sent = self._sent(raised, step, now=now)
        if sent and raised.state == "new":
            raised.due = now
        return sent

    def tick(self, now: float) -> list[PageEvent]:
        """Go on with every chain, and with what people do, up to now.

        Timing: call it at `next_due`, or as often as you like; what is due happens in its own order.
        """
        events: list[PageEvent] = []
        while (due := self.next_due()) <= now:
            events += self._answered(due) or self._escalated(due)
        return events

    def next_due(self) -> float:
        """Say when something happens next, in steady seconds; never, while all is quiet."""
        chains = (page.due for page in self._open.values())
        return min(min(chains, default=math.inf), min((at for at, _, _ in self._answers), default=math.inf))

    # What comes due

    def _answered(self, due: float) -> list[PageEvent]:
        """Carry out the first answer that is due, if one is."""
        found = next((each for each in self._answers if each[0] <= due), None)
        if found is None:
            return []
        self._answers.remove(found)
        _, sent, answer = found
        if self._pages[sent.page].state != "new":
            return []
        match answer:
            case Acknowledge():
                return self.acknowledge(sent.page, responder=sent.responder)
            case Resolve():
                return self.resolve(sent.page)
            case Dismiss():
                return self.dismiss(sent.page, responder=sent.responder, reason=answer.reason)
            case Ignore():
                return self.ignore(sent.page, responder=answer.by or sent.responder, reason=answer.reason)

    def _escalated(self, due: float) -> list[PageEvent]:
        """Take the next step of the first chain that is due, if one is."""
        page = next((each for each in self._open.values() if each.due <= due), None)
        if page is None:
            return []
        if page.step == len(self.chain.steps):
            page.due = math.inf
            return []
        step = self.chain.steps[page.step]
        page.step += 1
        if isinstance(step, Notify):
            return self._sent(page, step, now=due)
        if isinstance(step, Wait):
            page.due += step.length.total_seconds()
        elif page.repeats < step.times:
            page.step, page.repeats = 0, page.repeats + 1
        return []

    def _sent(self, page: Page, step: Notify, *, now: float) -> list[PageEvent]:
        person = self._on_duty(step.responder, now)
        if person is None:
            return []
        notifies = [each for each in self.chain.steps[: page.step] if isinstance(each, Notify)]
        sent = PageSent(page=page.name, responder=person, level=len(notifies), channel=step.channel, alerts=page.alerts)
        answer = self._responders.get(person, Person())(sent, now=now, rng=self._rng)
        if answer is not None:
            self._answers.append((now + answer.after.total_seconds(), sent, answer))
        return [sent]

    # Pages

    def _opened(self, notification: NotificationSent, *, now: float) -> Page:
        times = 1 + sum(name.startswith(f"{notification.group} #") for name in self._pages)
        page = Page(f"{notification.group} #{times}", notification.alerts, due=now)
        self._pages[page.name] = page
        return page

    def _resolve(self, page: Page, group: str) -> list[PageEvent]:
        page.state, page.due = "resolved", math.inf
        del self._open[group]
        return [PageResolved(page=page.name)]

    def _named(self, page: str) -> Page:
        if page not in self._pages:
            raise ScenarioError(unknown_name("page", page, known=self._pages))
        return self._pages[page]
