"""A stack with nothing in it: it writes down what a scenario would do, in plain English, and does none of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from harness.clock import Timeline
from harness.durations import spoken
from harness.errors import ScenarioError, unknown_name
from harness.events import Event, FaultApplied, FaultRemoved, RequestFinished, StepStarted
from harness.faults.fault import (
    Begin,
    Command,
    End,
    KillTask,
    RemoveBalancer,
    ReplaceBalancer,
    ReplaceTasks,
    RestoreIngress,
    RestoreTasks,
    SetFactoryChaos,
    View,
)
from harness.history import History
from harness.stacks.remedies import REMEDIES

_THERE, _ELSEWHERE = "the balancer", "another balancer"


class PlannedClock:
    """Time that passes only when the plan says so."""

    speed = 1.0

    def __init__(self, begins: datetime) -> None:
        self.timeline = Timeline(begins)
        self._steady = begins.timestamp()

    def steady(self) -> float:
        """Steady seconds now."""
        return self._steady

    def now(self) -> datetime:
        """Incident time now."""
        return self.timeline.incident(self._steady)

    def pass_by(self, length: timedelta) -> None:
        """Let time go by."""
        self._steady += max(0.0, length.total_seconds())

    async def sleep(self, length: timedelta) -> None:
        """Let time go by."""
        self.pass_by(length)


class PlannedStack:
    """Writes down each thing that it is asked for.

    Args:
        begins: incident time at the start.
        evaluation_delays: of the alert rules that would be loaded.
    """

    name = "planned"
    push_interval = timedelta(seconds=15)
    evaluation_interval = timedelta(seconds=30)
    reachable_after_a_dns_change = timedelta(seconds=35)

    def __init__(self, begins: datetime, *, evaluation_delays: Mapping[str, timedelta]) -> None:
        self.clock = PlannedClock(begins)
        self.lines: list[str] = []
        """The plan so far, a line a step."""
        self.lived = timedelta()
        """How much time would be lived through, on the wall if the speed were 1."""
        self.permit: Callable[[Command], object] = lambda _command: None
        """Told each command of a fault; may refuse it by raising a ScenarioError."""
        self._delays = evaluation_delays
        self._events: list[Event] = []
        self._listeners: list[Callable[[Event], None]] = []
        self._view = View(record=_THERE, balancer=_THERE, factory_chaos="none")

    def evaluation_delays(self) -> Mapping[str, timedelta]:
        """Give the delays of the rules that would be loaded."""
        return self._delays

    def start(self) -> None:
        """Start nothing."""

    def stop(self) -> None:
        """Stop nothing."""

    def record(self, event: Event) -> Event:
        """Keep an event, and write down those that are steps."""
        stamped = msgspec.structs.replace(event, at=self.clock.now(), steady=self.clock.steady(), seq=len(self._events))
        self._events.append(stamped)
        for listener in self._listeners:
            listener(stamped)
        match event:
            case StepStarted(name=name):
                self._say(name)
            case FaultApplied(fault=fault, target=target, sees=sees):
                self._say(f"hurt the {target} with {fault}: {sees}")
            case FaultRemoved(fault=fault, by="heal"):
                self._say(f"heal {fault}")
        return stamped

    def so_far(self) -> History:
        """Give what was written down as events."""
        return History(tuple(self._events))

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call `listener` with each event that is written down from now on."""
        self._listeners.append(listener)

    def live(self, length: timedelta) -> None:
        """Write down that time would be lived through."""
        if length > timedelta(seconds=1):
            self._say(f"live through {spoken(length)}")
            self.lived += length
        self.clock.pass_by(length)

    def cross(self, lands: datetime) -> None:
        """Write down that a quiet stretch would be crossed."""
        self._say(f"cross the quiet stretch to {lands:%H:%M:%S}")
        self.clock.timeline.jump(self.clock.steady(), lands=lands)

    def do(self, command: Command) -> None:
        """Pretend to carry out a fault's command."""
        self.permit(command)
        match command:
            case RemoveBalancer():
                self._view = replace(self._view, balancer="")
            case ReplaceBalancer():
                self._view = replace(self._view, balancer=_ELSEWHERE)
            case RestoreIngress():
                self._view = replace(self._view, record=_ELSEWHERE, balancer=_ELSEWHERE)
            case SetFactoryChaos(mode=mode):
                self._view = replace(self._view, factory_chaos=mode)
            case KillTask():
                self._view = replace(self._view, missing_tasks=1)
            case ReplaceTasks() | RestoreTasks():
                self._view = replace(self._view, missing_tasks=0)
            case Begin(trouble=trouble):
                self._view = replace(self._view, troubles=self._view.troubles | {trouble.name})
            case End(trouble=trouble):
                self._view = replace(self._view, troubles=self._view.troubles - {trouble.name})

    def view(self) -> View:
        """Look at what the pretended commands have come to."""
        return self._view

    def diners(self, count: int) -> None:
        """Write down that diners would come or go."""
        self._say(f"let {count} diners be there")

    def remedy(self, name: str, note: str) -> str:
        """Write down a remedy."""
        if name not in REMEDIES:
            raise ScenarioError(unknown_name("remedy", name, known=REMEDIES))
        self._say(f"perform the remedy “{name}”" + (f" ({note})" if note else ""))
        if name == "recreate load balancer" and not self._view.balancer:
            self._view = replace(self._view, balancer=_ELSEWHERE)
        if name == "update DNS" and self._view.balancer:
            self._view = replace(self._view, record=self._view.balancer)
        return "planned"

    def diagnose(self) -> tuple[str, str, list[str]]:
        """Write down that somebody would look from the outside in."""
        self._say("look from the outside in, and name the broken layer")
        return "none found", "planned", []

    def outside(self) -> None:
        """Write down that somebody would verify the site from outside; there is none to look at."""
        self._say("verify the site from outside, and name the broken layer")

    def buy_a_pizza(self, diner: str) -> None:
        """Write down that somebody would buy a pizza; it is planned to fail with a reportUrl while the factory does."""
        self._say(f"{diner} buys a pizza by hand")
        url = "planned" if self._view.factory_chaos != "none" else ""
        self.record(
            RequestFinished(
                diner=diner,
                operation="order",
                method="POST",
                path="/api/order",
                address="",
                started=self.clock.now(),
                latency_seconds=0.0,
                outcome="failed" if url else "ok",
                report_url=url,
            )
        )

    def follow(self, url: str) -> str:
        """Write down that the reportUrl would be opened."""
        self._say("open the reportUrl of that purchase")
        self._view = replace(self._view, factory_chaos="none")
        return url

    def ignore_pages(self, reason: str, *, by: str = "") -> None:  # noqa: ARG002 - a plan pages nobody
        """Write down that pages would be left alone."""
        self._say(f"leave every page alone: {reason}")

    def acknowledge(self, responder: str) -> int:
        """Write down that pages would be taken."""
        self._say(f"{responder} takes every open page")
        return 0

    def _say(self, what: str) -> None:
        self.lines.append(f"{self.clock.now():%H:%M:%S}  {what}")
