"""The cloud's hands in a simulation: carries out what the control plane commands, on programs in memory."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Awaitable, Callable

from harness.errors import ScenarioError
from harness.ingress.commands import CheckTarget, Command, SetTargets, StartBalancer, StartTask, StopBalancer, StopTask
from harness.ingress.control_plane import ControlPlane
from harness.ingress.records import Address
from harness.stacks.simulated.programs import Plan, Program, Programs
from harness.stacks.simulated.runtime import SimulatedRuntime
from harness.stacks.simulated.world import World
from harness.stacks.target_troubles import Targets
from harness.testing import Application, Listener, Request

SITE_PORT = 8080
"""Where load balancers listen when the settings leave it open."""

_FIRST_BALANCER_HOST = 11
_FIRST_TASK_PORT = 9001


class SimulatedCloud:
    """Load balancers and service tasks, in memory.

    Args:
        plane: says what should run.
        programs: starts it.
        build_task: makes a task's application, from its runtime and the version of the code.
        build_balancer: makes a load balancer, from its address and what says where to forward.
        world: where all of it runs.
        site_port: where load balancers listen; 0 for SITE_PORT.
    """

    def __init__(
        self,
        plane: ControlPlane,
        *,
        programs: Programs,
        build_task: Callable[[SimulatedRuntime, str], Awaitable[Application]],
        build_balancer: Callable[[Address, Callable[[], Targets]], Application | Listener],
        world: World,
        site_port: int = 0,
    ) -> None:
        self.plane = plane
        self._programs = programs
        self._build_task = build_task
        self._build_balancer = build_balancer
        self._world = world
        self._site_port = site_port or SITE_PORT
        self._hosts = itertools.count(_FIRST_BALANCER_HOST)
        self._ports = itertools.count(_FIRST_TASK_PORT)
        self._tasks: dict[str, Program] = {}
        self._balancers: dict[str, Program] = {}
        self.changes: dict[str, Callable[[Plan], Plan]] = {}
        """What is changed about each task that starts from now on, by the name of the trouble that wants it."""
        self.detours: dict[str, Callable[[Targets], Targets]] = {}
        """What is changed about the targets that the load balancer is told, likewise."""
        self._targets: Targets = ()
        self._told: dict[str, Targets] = {}
        self._serving = ""

    @property
    def tasks(self) -> tuple[Program, ...]:
        """The tasks of the service, the longest-lived first."""
        return tuple(self._tasks.values())

    def oldest_task(self) -> Program:
        """Give the longest-lived task of the service.

        Raises:
            ScenarioError: when there is none.
        """
        if not self._tasks:
            message = "no task of the service runs, so there is none to hurt. Let the service come up first."
            raise ScenarioError(message)
        return next(iter(self._tasks.values()))

    def tell_targets(self) -> None:
        """Tell the load balancer where to forward from now on."""
        targets = self._targets
        for detour in self.detours.values():
            targets = detour(targets)
        self._told[self._serving] = targets

    def tick(self) -> None:
        """Do what is due."""
        now = self._world.clock.steady()
        if self.plane.wakes_at <= now:
            self.carry_out(self.plane.tick(now))

    def carry_out(self, commands: tuple[Command, ...]) -> None:
        """Carry out commands, in order."""
        for command in commands:
            match command:
                case StartTask():
                    self._start_task(command)
                case StopTask(task=task):
                    self._programs.kill(self._tasks[task], signal.SIGTERM)
                case SetTargets(addresses=addresses):
                    self._targets = addresses
                    self.tell_targets()
                case StartBalancer(name=name):
                    self._start_balancer(name)
                case StopBalancer(name=name):
                    self._stop_balancer(name)
                case CheckTarget():
                    self._world.background.run(f"health check of {command.task}", self._check(command))

    def _start_task(self, command: StartTask) -> None:
        task, version = command.task, self.plane.definition(command.revision).pushed
        plan = Plan(
            component=task,
            address=Address("127.0.0.1", next(self._ports)),
            takes=self._world.model.task_start,
            build=lambda runtime: self._build_task(runtime, version),
            has_lifespan=True,
            ready=lambda address: self._task_ready(task, address),
            exited=lambda code: self._task_exited(task, code),
        )
        for change in self.changes.values():
            plan = change(plan)
        self._tasks[task] = self._programs.start(plan)

    def _task_ready(self, task: str, address: Address) -> None:
        self.carry_out(self.plane.task_ready(task, address=address, now=self._world.clock.steady()))

    def _task_exited(self, task: str, code: int) -> None:
        self._tasks.pop(task, None)
        self.carry_out(self.plane.task_exited(task, code=code, now=self._world.clock.steady()))

    def _start_balancer(self, name: str) -> None:
        # An address that no balancer had before: one that comes back is never where it was.
        address = Address(f"127.0.0.{next(self._hosts)}", self._site_port)
        self._balancers[name] = self._programs.start(
            Plan(
                component=name,
                address=address,
                takes=self._world.model.balancer_start,
                build=lambda _runtime: self._balancer(name, address),
                ready=lambda listens: self._balancer_ready(name, listens),
            )
        )

    async def _balancer(self, name: str, address: Address) -> Application | Listener:
        return self._build_balancer(address, lambda: self._told.get(name, ()))

    def _balancer_ready(self, name: str, address: Address) -> None:
        self._serving = name
        self.carry_out(self.plane.balancer_ready(name, address=address, now=self._world.clock.steady()))

    def _stop_balancer(self, name: str) -> None:
        self._serving = ""
        self._programs.kill(self._balancers.pop(name), signal.SIGKILL)

    async def _check(self, command: CheckTarget) -> None:
        request = Request("GET", command.path.encode(), [(b"host", str(command.address).encode())])
        patience = self._world.model.check_patience.total_seconds()
        try:
            reply = await self._world.network.connect(command.address).ask(request, patience=patience)
            await reply.read(patience=patience)
            ok, reason = 200 <= reply.status < 300, f"status {reply.status}"
        except OSError as error:
            ok, reason = False, f"{type(error).__name__}: {error}".rstrip(": ")
        self.carry_out(self.plane.checked(command.task, ok=ok, reason=reason, now=self._world.clock.steady()))
