"""Programs of a simulation: applications that take their time to start, listen at an address, and can be killed.

They stand in for child processes, and leave the same events. A program that is killed is gone as a process is: its
connections break, and what still runs of it reaches neither network nor database.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from harness.events import ProcessExited, ProcessStarted
from harness.ingress.records import Address
from harness.stacks.simulated.runtime import SimulatedRuntime
from harness.stacks.simulated.world import World
from harness.testing import Application, Lifespan, Listener, Network


@dataclass(frozen=True, slots=True)
class Plan:
    """How to start one program."""

    component: str
    """What it is called in the history: `factory`, `task-3`, `pizza-service-balancer-1`."""
    address: Address
    """Where it will listen."""
    takes: timedelta
    """The least from its start until it listens."""
    build: Callable[[SimulatedRuntime], Awaitable[Application]]
    """Makes the application, once it has come so far."""
    works: timedelta = timedelta()
    """The least that each request takes before the application sees it."""
    ready: Callable[[Address], None] = lambda _address: None
    """Told once it listens."""
    exited: Callable[[int], None] = lambda _code: None
    """Told of its exit code when it is killed; not at the end of the run, when nothing is to follow from it."""
    has_lifespan: bool = False
    """Whether the application has a lifespan of its own, which begins before it listens."""


class Program:
    """One program, from its start to its end."""

    def __init__(self, plan: Plan, *, pid: int, runtime: SimulatedRuntime) -> None:
        self.plan = plan
        self.pid = pid
        """A number in the order of starts; there is no process."""
        self.runtime = runtime
        self.startup_seconds = 0.0
        self._listener: Listener | None = None
        self._lifespan: Lifespan | None = None

    async def start(self, network: Network) -> None:
        """Take the time it takes, come up and listen."""
        plan, pace = self.plan, self.runtime.pace
        self.startup_seconds = pace(plan.takes)
        await self.runtime.sleep(self.startup_seconds)
        application = await plan.build(self.runtime)
        if plan.has_lifespan:
            self._lifespan = Lifespan(application)
            await self._lifespan.start()
        self._listener = network.listen(plan.address, application, delay=lambda: pace(plan.works))

    def cut(self) -> None:
        """Be gone, with everything it has begun."""
        self.runtime.is_alive = False
        if self._listener is not None:
            self._listener.cut()
        if self._lifespan is not None:
            self._lifespan.kill()


class Programs:
    """Every program of a run.

    Args:
        world: where they run.

    Evidence: ProcessStarted, ProcessExited.

    Cleanup: `end`.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._pids = itertools.count(1)
        self._alive: dict[Program, asyncio.Task[None]] = {}

    def start(self, plan: Plan) -> Program:
        """Start a program; `plan.ready` is called when it listens."""
        program = Program(plan, pid=next(self._pids), runtime=SimulatedRuntime(plan.component, self._world))
        self._alive[program] = self._world.background.run(f"start of {plan.component}", self._start(program))
        return program

    def kill(self, program: Program, number: signal.Signals) -> None:
        """End a program at once; `plan.exited` is called a moment later."""
        if program in self._alive:
            self._end(program, number)
            self._world.loop.call_soon(program.plan.exited, -int(number))

    def end(self) -> None:
        """Kill every program, the oldest first, and tell nobody: nothing is to take its place."""
        for program in tuple(self._alive):
            self._end(program, signal.SIGTERM)

    def _end(self, program: Program, number: signal.Signals) -> None:
        self._alive.pop(program).cancel()
        program.cut()
        component, pid = program.plan.component, program.pid
        self._world.record(ProcessExited(component=component, pid=pid, code=-int(number), expected=True))

    async def _start(self, program: Program) -> None:
        await program.start(self._world.network)
        plan = program.plan
        self._world.record(
            ProcessStarted(
                component=plan.component,
                pid=program.pid,
                address=str(plan.address),
                startup_seconds=round(program.startup_seconds, 3),
            )
        )
        plan.ready(plan.address)
