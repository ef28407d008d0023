"""A stack without anything in it: time is a number, and everything asked of it is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from harness.clock import Clock, Timeline
from harness.errors import ScenarioError
from harness.events import Event, Jumped, TaskChanged
from harness.faults.fault import Command, KillTask, RemoveBalancer, RestoreIngress, RestoreTasks, SetFactoryChaos, View
from harness.history import History


class FakeClock:
    """A clock that is moved by hand."""

    def __init__(self, begins: datetime) -> None:
        self.timeline = Timeline(begins)
        self.speed = 1.0
        self._steady = begins.timestamp()

    def steady(self) -> float:
        return self._steady

    def now(self) -> datetime:
        return self.timeline.incident(self._steady)

    def advance(self, length: timedelta) -> None:
        self._steady += length.total_seconds()

    async def sleep(self, length: timedelta) -> None:
        self.advance(length)


class FakeStack:
    """Does what it is told at once; `heals` decides whether healing works."""

    name = "fake"
    push_interval = timedelta(seconds=15)
    evaluation_interval = timedelta(seconds=30)
    reachable_after_a_dns_change = timedelta(seconds=35)

    def __init__(self, begins: datetime) -> None:
        self.fake_clock = FakeClock(begins)
        self.did: list[str] = []
        self.heals = True
        self.replaces_within = timedelta(seconds=20)
        """How long the orchestrator takes to replace a task that was killed."""
        self._events: list[Event] = []
        self._listeners: list[Callable[[Event], None]] = []
        self._view = View(record="a:1", balancer="a:1", factory_chaos="none")

    @property
    def clock(self) -> Clock:
        return self.fake_clock

    def evaluation_delays(self) -> Mapping[str, timedelta]:
        return {"Heartbeat": timedelta(seconds=105)}

    def start(self) -> None:
        self.did.append("start")

    def stop(self) -> None:
        self.did.append("stop")

    def record(self, event: Event) -> Event:
        steady = event.steady or self.fake_clock.steady()
        at = self.fake_clock.timeline.incident(steady)
        stamped = msgspec.structs.replace(event, at=at, steady=steady, seq=len(self._events))
        self._events.append(stamped)
        for listener in self._listeners:
            listener(stamped)
        return stamped

    def so_far(self) -> History:
        return History(tuple(self._events))

    def listen(self, listener: Callable[[Event], None]) -> None:
        self._listeners.append(listener)

    def live(self, length: timedelta) -> None:
        self.did.append(f"live {length}")
        if self._view.missing_tasks and length > self.replaces_within:
            self.fake_clock.advance(self.replaces_within)
            self._view = replace(self._view, missing_tasks=0)
            self.record(TaskChanged(task="task-2", state="healthy", reason="passed", revision="r1"))
            length -= self.replaces_within
        self.fake_clock.advance(length)

    def cross(self, lands: datetime) -> None:
        jump = self.fake_clock.timeline.jump(self.fake_clock.steady(), lands=lands)
        self.record(Jumped(leaves=jump.leaves, length_seconds=jump.length.total_seconds()))

    def do(self, command: Command) -> None:
        self.did.append(str(command))
        match command:
            case RemoveBalancer():
                self._view = View("a:1", "", self._view.factory_chaos)
            case RestoreIngress() if self.heals:
                self._view = View("b:1", "b:1", self._view.factory_chaos)
            case KillTask():
                self._view = replace(self._view, missing_tasks=1)
            case RestoreTasks():
                self._view = replace(self._view, missing_tasks=0)
            case SetFactoryChaos(mode=mode) if self.heals or mode != "none":
                self._view = View(self._view.record, self._view.balancer, mode)

    def view(self) -> View:
        return self._view

    def diners(self, count: int) -> None:
        self.did.append(f"{count} diners")

    def remedy(self, name: str, note: str) -> str:
        if name != "update DNS":
            raise ScenarioError(name)
        self._view = View("b:1", "b:1", self._view.factory_chaos)
        return f"updated the record ({note})"

    def diagnose(self) -> tuple[str, str, list[str]]:
        return "DNS", "it leads nowhere", ["a:1 refuses"]

    def outside(self) -> None:
        self.did.append("look from outside")

    def buy_a_pizza(self, diner: str) -> None:
        self.did.append(f"{diner} buys")

    def follow(self, url: str) -> str:
        self._view = replace(self._view, factory_chaos="none")
        return f"thanks for {url}"

    def ignore_pages(self, reason: str, *, by: str = "") -> None:
        self.did.append(f"ignore: {reason}" + (f", by {by}" if by else ""))

    def acknowledge(self, responder: str) -> int:
        self.did.append(f"{responder} acknowledges")
        return 1
