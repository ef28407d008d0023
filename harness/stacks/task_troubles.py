"""What can be wrong with the service's own processes: they stand still, crash, starve, or believe in another time.

Runs in the stack's loop.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import replace

from harness.clock import WallClock
from harness.events import Event, Hurt
from harness.faults.troubles import ClockSkewed, FactoryNameUnknown, ProcessorTaken, TaskPaused, TasksCrashOnStart
from harness.stacks import affinity
from harness.stacks.children import Child, Launch
from harness.stacks.cloud import Cloud

CRASHES = "import sys; sys.exit('pizza-chaos lets this task crash on start')"
"""The program that runs in place of a task that crashes on start."""

BURNS = "import time\nends = time.monotonic() + 600\nwhile time.monotonic() < ends: pass"
"""A rival: it takes all the processor time it gets, and ends by itself after ten minutes whatever happens."""

NOWHERE = "http://pizza-factory.invalid"
"""Where no factory is: no DNS knows a name under `invalid` (RFC 6761, section 6.4)."""

GONE_WITHIN_SECONDS = 3.0

TaskTrouble = TaskPaused | TasksCrashOnStart | ClockSkewed | FactoryNameUnknown | ProcessorTaken


class TaskTroubles:
    """Lets something be wrong with tasks, and puts it right.

    Args:
        clock: the scenario's.
        record: keeps an event.

    Evidence: Hurt for a processor that was taken, with the time that the rivals had of it.
    """

    def __init__(self, *, clock: WallClock, record: Callable[[Event], object]) -> None:
        self.cloud: Cloud | None = None
        """Where the tasks run, once they do."""
        self._clock = clock
        self._record = record
        self._paused: Child | None = None
        self._rivals: list[Child] = []
        self._starved: Child | None = None

    async def begin(self, trouble: TaskTrouble) -> None:
        """Let it be wrong."""
        match trouble:
            case TaskPaused():
                self._paused = self._there.oldest_task()
                await asyncio.to_thread(self._paused.signal, signal.SIGSTOP)  # an engine takes its time
            case TasksCrashOnStart():
                self._there.changes[trouble.name] = _crashing
            case ClockSkewed():
                epoch, rest = self._clock.environment()["PIZZA_CLOCK"].split(" ", 1)
                skewed = f"{float(epoch) + trouble.by.total_seconds()!r} {rest}"
                self._there.changes[trouble.name] = lambda launch: _believing(launch, skewed)
            case FactoryNameUnknown():
                self._there.changes[trouble.name] = _misled
            case ProcessorTaken():
                self._starve(self._there.oldest_task(), rivals=trouble.rivals)

    async def end(self, trouble: TaskTrouble) -> None:
        """Put it right."""
        self._there.changes.pop(trouble.name, None)
        if isinstance(trouble, TaskPaused) and self._paused is not None:
            self._paused.signal(signal.SIGCONT)
        if isinstance(trouble, ProcessorTaken):
            await self._feed()

    def stands(self, trouble: TaskTrouble) -> bool:
        """Say whether it is still wrong; a paused task may have been replaced meanwhile."""
        match trouble:
            case TaskPaused():
                return self._paused is not None and self._paused.is_paused
            case ProcessorTaken():
                return any(rival.is_alive for rival in self._rivals)
        return trouble.name in self._there.changes

    @property
    def _there(self) -> Cloud:
        assert self.cloud is not None, "tasks are hurt after the start"
        return self.cloud

    def _starve(self, task: Child, *, rivals: int) -> None:
        processors = affinity.available()[:1]
        affinity.pin(task.pid, processors)
        argv = [sys.executable, "-I", "-S", "-c", BURNS]
        names = [f"rival-{number}" for number in range(1, rivals + 1)]
        self._starved, self._rivals = task, [self._there.children.start(Launch(name, argv)) for name in names]
        for rival in self._rivals:
            affinity.pin(rival.pid, processors)

    async def _feed(self) -> None:
        taken = sum(affinity.used_seconds(rival.pid) for rival in self._rivals)
        for rival in self._rivals:
            rival.stop(kill=True)
            await asyncio.to_thread(rival.wait, GONE_WITHIN_SECONDS)
        if self._starved is not None:
            what = f"{self._starved.component}, whose rivals had {taken:.1f} s of its processor (wall time)"
            self._record(Hurt(trouble=ProcessorTaken.name, what=what))
            affinity.pin(self._starved.pid, affinity.available())
        self._starved, self._rivals = None, []


def _crashing(launch: Launch) -> Launch:
    return replace(launch, argv=[sys.executable, "-I", "-S", "-c", CRASHES], answers=None)


def _believing(launch: Launch, clock: str) -> Launch:
    return replace(launch, environment={**launch.environment, "PIZZA_CLOCK": clock})


def _misled(launch: Launch) -> Launch:
    """Lead a task of the bundled service to a factory that is nowhere; another's settings are its own."""
    said = list(launch.argv)
    if "--factory-url" in said:
        said[said.index("--factory-url") + 1] = NOWHERE
    return replace(launch, argv=said)
