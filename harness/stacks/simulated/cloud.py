"""The cloud's hands in a simulation: carries out what the control plane commands, on programs in memory."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Awaitable, Callable

from harness.ingress.commands import CheckTarget, StartTask
from harness.ingress.control_plane import ControlPlane
from harness.ingress.records import Address
from harness.stacks.carrier import Carrier
from harness.stacks.simulated.programs import Plan, Program, Programs
from harness.stacks.simulated.runtime import SimulatedRuntime
from harness.stacks.simulated.world import World
from harness.stacks.target_troubles import Targets
from harness.testing import Application, Listener, Request

SITE_PORT = 8080
"""Where load balancers listen when the settings leave it open."""

_FIRST_BALANCER_HOST = 11
_FIRST_TASK_PORT = 9001


class SimulatedCloud(Carrier[Program, Plan]):
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
        super().__init__(plane, clock=world.clock)
        self._programs = programs
        self._build_task = build_task
        self._build_balancer = build_balancer
        self._world = world
        self._site_port = site_port or SITE_PORT
        self._hosts = itertools.count(_FIRST_BALANCER_HOST)
        self._ports = itertools.count(_FIRST_TASK_PORT)
        self._told: dict[str, Targets] = {}
        self._serving = ""

    def _start_task(self, command: StartTask) -> Program:
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
        return self._programs.start(self._changed(plan))

    def _stop_task(self, task: Program) -> None:
        self._programs.kill(task, signal.SIGTERM)

    def _start_balancer(self, name: str) -> Program:
        # An address that no balancer had before: one that comes back is never where it was.
        address = Address(f"127.0.0.{next(self._hosts)}", self._site_port)
        return self._programs.start(
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
        super()._balancer_ready(name, address)

    def _stop_balancer(self, balancer: Program) -> None:
        self._serving = ""
        self._programs.kill(balancer, signal.SIGKILL)

    def _tell(self, targets: Targets) -> None:
        self._told[self._serving] = targets

    def _begin_check(self, command: CheckTarget) -> None:
        self._world.background.run(f"health check of {command.task}", self._check(command))

    async def _check(self, command: CheckTarget) -> None:
        request = Request("GET", command.path.encode(), [(b"host", str(command.address).encode())])
        patience = self._world.model.check_patience.total_seconds()
        try:
            reply = await self._world.network.ask(command.address, request, patience=patience)
            await reply.read(patience=patience)
            ok, reason = 200 <= reply.status < 300, f"status {reply.status}"
        except OSError as error:
            ok, reason = False, f"{type(error).__name__}: {error}".rstrip(": ")
        self._checked(command.task, ok=ok, reason=reason)
