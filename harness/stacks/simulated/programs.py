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

STOP_TIMEOUT_SECONDS = 3.0
"""How long a program that stands still has to end before it is killed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to start one program."""

    component: str
    """What it is called in the history: `factory`, `task-3`, `pizza-service-balancer-1`."""
    address: Address
    """Where it will listen."""
    takes: timedelta
    """The least from its start until it listens."""
    build: Callable[[SimulatedRuntime], Awaitable[Application | Listener]]
    """Makes the application, or what listens in place of one, once it has come so far."""
    works: timedelta = timedelta()
    """The least that each request takes before the application sees it."""
    ready: Callable[[Address], None] = lambda _address: None
    """Told once it listens."""
    exited: Callable[[int], None] = lambda _code: None
    """Told of its exit code when it is killed; not at the end of the run, when nothing is to follow from it."""
    has_lifespan: bool = False
    """Whether the application has a lifespan of its own, which begins before it listens."""
    crashes: bool = False
    """Whether it ends with code 1 in place of coming up."""
    clock_error: timedelta = timedelta()
    """How far its clock is ahead; negative for behind."""
    knows_no: Address | None = None
    """What it seeks under a name that DNS does not know."""


class Program:
    """One program, from its start to its end."""

    def __init__(self, plan: Plan, *, pid: int, runtime: SimulatedRuntime, family: Programs) -> None:
        self.plan = plan
        self._family = family
        self.pid = pid
        """A number in the order of starts; there is no process."""
        self.runtime = runtime
        self.startup_seconds = 0.0
        self._listener: Listener | None = None
        self._lifespan: Lifespan | None = None

    async def start(self, network: Network) -> None:
        """Take the time it takes, come up and listen."""
        plan = self.plan
        self.startup_seconds = self.runtime.pace(plan.takes)
        await self.runtime.sleep(self.startup_seconds)
        built = await plan.build(self.runtime)
        if isinstance(built, Listener):
            self._listener = network.add(built)
            return
        if plan.has_lifespan:
            self._lifespan = Lifespan(built)
            await self._lifespan.start()
        self._listener = network.listen(plan.address, built, delay=self._work)

    @property
    def component(self) -> str:
        """What it is called in the history."""
        return self.plan.component

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._family.is_alive(self)

    def signal(self, number: signal.Signals) -> None:
        """Do what a signal that nobody asked for does: SIGSTOP and SIGCONT let it stand still and go on."""
        actors = [actor for actor in (self.runtime, self._listener) if actor is not None]
        if number == signal.SIGSTOP:
            for actor in actors:
                actor.pause()
        elif number == signal.SIGCONT:
            for actor in actors:
                actor.resume()
        else:
            self._family.kill(self, number, expected=False)

    def cut(self) -> None:
        """Be gone, with everything it has begun."""
        self.runtime.is_alive = False
        if self._listener is not None:
            self._listener.cut()
        if self._lifespan is not None:
            self._lifespan.kill()

    def _work(self) -> float:
        """Draw how many seconds a request takes before the application sees it."""
        return self.runtime.pace(self.plan.works) if self.plan.works else 0.0


class Programs:
    """Every program of a run.

    Args:
        world: where they run.
        runtime: makes the port of each.

    Evidence: ProcessStarted, ProcessExited.

    Cleanup: `end`.
    """

    def __init__(self, world: World, *, runtime: type[SimulatedRuntime] = SimulatedRuntime) -> None:
        self._world = world
        self._runtime = runtime
        self._pids = itertools.count(1)
        self._alive: dict[Program, asyncio.Task[None]] = {}

    def start(self, plan: Plan) -> Program:
        """Start a program; `plan.ready` is called when it listens."""
        runtime = self._runtime(plan.component, self._world)
        runtime.clock_error_seconds = plan.clock_error.total_seconds()
        runtime.knows_no = plan.knows_no
        program = Program(plan, pid=next(self._pids), runtime=runtime, family=self)
        self._alive[program] = self._world.background.run(f"start of {plan.component}", self._start(program))
        return program

    def is_alive(self, program: Program) -> bool:
        """Whether it has not ended."""
        return program in self._alive

    def kill(self, program: Program, number: signal.Signals, *, expected: bool = True) -> None:
        """End a program at once; `plan.exited` is called a moment later.

        Args:
            program: which; one that has ended is left alone.
            number: what kills it. SIGTERM does not reach one that stands still; SIGKILL does.
            expected: whether the harness asked for it, rather than a fault.
        """
        if program not in self._alive:
            return
        if program.runtime.is_paused and number == signal.SIGTERM:
            self._world.loop.call_later(STOP_TIMEOUT_SECONDS, self.kill, program, signal.SIGKILL)
            return
        self._end(program, -int(number), expected=expected)

    def end(self) -> None:
        """Kill every program, the oldest first, and tell nobody: nothing is to take its place."""
        for program in tuple(self._alive):
            self._end(program, -int(signal.SIGTERM), is_over=True)

    def _end(self, program: Program, code: int, *, expected: bool = True, is_over: bool = False) -> None:
        self._alive.pop(program).cancel()
        program.cut()
        component, pid = program.component, program.pid
        self._world.record(ProcessExited(component=component, pid=pid, code=code, expected=expected))
        if not is_over:
            self._world.loop.call_soon(program.plan.exited, code)

    async def _start(self, program: Program) -> None:
        if program.plan.crashes:
            await program.runtime.sleep(program.runtime.pace(self._world.model.crash))
            self._end(program, 1, expected=False)
            return
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
