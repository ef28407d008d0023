"""Who deals with which trouble in a simulation: the same troubles as on real processes, by other hands."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

from harness.durations import spoken
from harness.events import Hurt
from harness.faults import troubles
from harness.faults.troubles import (
    ClockSkewed,
    FactoryDown,
    FactoryNameUnknown,
    ProcessorTaken,
    TaskPaused,
    TasksCrashOnStart,
)
from harness.ingress.control_plane import Site
from harness.ingress.forwarding import Message, Receive, Send
from harness.ingress.records import Address
from harness.stacks.name_troubles import NameTroubles, SomebodyElse
from harness.stacks.simulated.browser import SimulatedNameServer
from harness.stacks.simulated.cloud import SimulatedCloud
from harness.stacks.simulated.links import FACTORY_LINK
from harness.stacks.simulated.programs import Plan, Program, Programs
from harness.stacks.simulated.world import World
from harness.stacks.stranger import PAGE
from harness.stacks.target_troubles import TargetTroubles
from harness.stacks.telemetry_troubles import PushTrouble
from harness.testing import Listener, Network

NOBODY = Address("127.0.0.1", 9)
"""Where nobody ever listens."""

SOMEBODY_ELSE = Address("127.0.0.99", 8080)
"""Where somebody else's server is."""

LINKS = ("factory", "telemetry")
"""The links that there are: the simulated service keeps its data in memory."""

CARRIED_OUT: frozenset[type] = frozenset(
    {
        troubles.ToxicOn,
        troubles.LinkCut,
        troubles.FactoryDown,
        troubles.TaskPaused,
        troubles.TasksCrashOnStart,
        troubles.ClockSkewed,
        troubles.FactoryNameUnknown,
        troubles.ProcessorTaken,
        *get_args(PushTrouble),
        troubles.TargetsWithheld,
        troubles.TargetsHalfDead,
        troubles.RecordGone,
        troubles.RecordAstray,
        troubles.NameServerFailing,
        troubles.NameServerSlow,
    }
)
"""What can be wrong here; for the rest of the catalogue it takes real programs."""

TaskTrouble = TaskPaused | TasksCrashOnStart | ClockSkewed | FactoryNameUnknown | ProcessorTaken


class SimulatedTasks:
    """Lets something be wrong with tasks, and puts it right.

    A task that has to share its processor needs for all it does so many times longer: that is the model.

    Args:
        cloud: where they run.
        world: whose time it is.

    Evidence: Hurt for a processor that was taken.
    """

    def __init__(self, cloud: SimulatedCloud, world: World) -> None:
        self._cloud = cloud
        self._world = world
        self._paused: Program | None = None
        self._starved: Program | None = None
        self._since = 0.0

    async def begin(self, trouble: TaskTrouble) -> None:
        """Let it be wrong."""
        match trouble:
            case TaskPaused():
                self._paused = self._cloud.oldest_task()
                self._paused.signal(signal.SIGSTOP)
            case TasksCrashOnStart():
                self._cloud.changes[trouble.name] = lambda plan: replace(plan, crashes=True)
            case ClockSkewed(by=by):
                self._cloud.changes[trouble.name] = lambda plan: replace(plan, clock_error=by)
            case FactoryNameUnknown():
                self._cloud.changes[trouble.name] = lambda plan: replace(plan, knows_no=FACTORY_LINK)
            case ProcessorTaken(rivals=rivals):
                self._starved, self._since = self._cloud.oldest_task(), self._world.clock.steady()
                self._starved.runtime.slowdown = rivals + 1

    async def end(self, trouble: TaskTrouble) -> None:
        """Put it right."""
        self._cloud.changes.pop(trouble.name, None)
        if isinstance(trouble, TaskPaused) and self._paused is not None:
            self._paused.signal(signal.SIGCONT)
        if isinstance(trouble, ProcessorTaken) and self._starved is not None:
            self._feed(self._starved, slowed=trouble.rivals + 1)

    def stands(self, trouble: TaskTrouble) -> bool:
        """Say whether it is still wrong; a paused task may have been replaced meanwhile."""
        match trouble:
            case TaskPaused():
                return self._paused is not None and self._paused.is_alive and self._paused.runtime.is_paused
            case ProcessorTaken():
                return self._starved is not None
        return trouble.name in self._cloud.changes

    def _feed(self, task: Program, *, slowed: int) -> None:
        task.runtime.slowdown, self._starved = 1.0, None
        lasted = self._world.clock.steady() - self._since
        what = f"{task.component}, which was {slowed} times slower for {spoken(lasted)}, by the model"
        self._world.record(Hurt(trouble=ProcessorTaken.name, what=what))


class SimulatedFactory:
    """The one factory of a run, through all its lives; each has a new key, and knows of no chaos.

    Args:
        plan: how to start it.
        programs: starts it.
        network: where it listens.
    """

    def __init__(self, plan: Plan, *, programs: Programs, network: Network) -> None:
        self._plan = plan
        self._programs = programs
        self._network = network
        self._program: Program | None = None

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self._program is not None and self._program.is_alive

    def start(self) -> None:
        """Start it."""
        self._program = self._programs.start(self._plan)

    async def begin(self, trouble: FactoryDown) -> None:  # noqa: ARG002 - there is one factory, and one way to kill it
        """Kill it."""
        if self._program is not None:
            self._programs.kill(self._program, signal.SIGKILL)

    async def end(self, trouble: FactoryDown) -> None:  # noqa: ARG002
        """Start it again at the address it had, and wait until it listens."""
        if self.is_up:
            return
        self.start()
        while self._program is not None and not self._network.accepts(self._plan.address):
            await self._program.runtime.sleep(0.1)

    def stands(self, trouble: FactoryDown) -> bool:  # noqa: ARG002
        """Say whether it is down."""
        return not self.is_up


class SimulatedTargets(TargetTroubles):
    """Tells the load balancer other targets than there are."""

    def _refusing(self) -> Address:
        return NOBODY


class SimulatedNames(NameTroubles):
    """Spoils the site's record, or the manners of its name server.

    Args:
        site: whose name it is.
        server: what answers from the record's zone.
        world: where somebody else's server would be.
    """

    def __init__(self, site: Site, *, server: SimulatedNameServer, world: World) -> None:
        self._network = world.network
        super().__init__(site, zone=server.zone, server=server, speed=world.clock.speed, record=world.record)

    def _somebody_else(self, visited: Callable[[], object]) -> SomebodyElse:
        return _Stranger(self._network, visited)


class _Stranger:
    """Answers each request with 404 and a page, in memory."""

    def __init__(self, network: Network, visited: Callable[[], object]) -> None:
        self._network = network
        self._visited = visited
        self._listener: Listener | None = None

    async def open(self) -> Address:
        """Begin to listen; gives where."""
        self._listener = self._network.listen(SOMEBODY_ELSE, self._answer)
        return SOMEBODY_ELSE

    async def close(self) -> None:
        """Stop listening; closing twice is fine."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.cut()

    async def _answer(self, _scope: Message, _receive: Receive, send: Send) -> None:
        self._visited()
        headers = [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(PAGE))]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": PAGE})
