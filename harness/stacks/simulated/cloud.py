"""The cloud's hands in a simulation: carries out what the control plane commands, on programs in memory."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Awaitable, Callable

import httpx

from harness.ingress.balancer import CONNECT_TIMEOUT, IDLE_TIMEOUT, balancer
from harness.ingress.commands import CheckTarget, Command, SetTargets, StartBalancer, StartTask, StopBalancer, StopTask
from harness.ingress.control_plane import ControlPlane
from harness.ingress.records import Address
from harness.stacks.simulated.programs import Plan, Program, Programs
from harness.stacks.simulated.runtime import SimulatedRuntime
from harness.stacks.simulated.world import World
from harness.testing import Application, NetworkTransport, Request

CHECK_TIMEOUT_SECONDS = 2.0
"""How long a target has to answer a health check."""

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
        world: where all of it runs.
        site_port: where load balancers listen; 0 for SITE_PORT.
    """

    def __init__(
        self,
        plane: ControlPlane,
        *,
        programs: Programs,
        build_task: Callable[[SimulatedRuntime, str], Awaitable[Application]],
        world: World,
        site_port: int = 0,
    ) -> None:
        self.plane = plane
        self._programs = programs
        self._build_task = build_task
        self._world = world
        self._site_port = site_port or SITE_PORT
        self._hosts = itertools.count(_FIRST_BALANCER_HOST)
        self._ports = itertools.count(_FIRST_TASK_PORT)
        self._tasks: dict[str, Program] = {}
        self._balancers: dict[str, Program] = {}
        self._targets: dict[str, tuple[Address, ...]] = {}
        self._serving = ""

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
                    self._targets[self._serving] = addresses
                case StartBalancer(name=name):
                    self._start_balancer(name)
                case StopBalancer(name=name):
                    self._stop_balancer(name)
                case CheckTarget():
                    self._world.background.run(f"health check of {command.task}", self._check(command))

    def _start_task(self, command: StartTask) -> None:
        task, version = command.task, self.plane.definition(command.revision).pushed
        self._tasks[task] = self._programs.start(
            Plan(
                component=task,
                address=Address("127.0.0.1", next(self._ports)),
                takes=self._world.model.task_start,
                build=lambda runtime: self._build_task(runtime, version),
                has_lifespan=True,
                ready=lambda address: self._task_ready(task, address),
                exited=lambda code: self._task_exited(task, code),
            )
        )

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
                build=lambda _runtime: self._balancer(name),
                ready=lambda listens: self._balancer_ready(name, listens),
            )
        )

    async def _balancer(self, name: str) -> Application:
        idle, connect = IDLE_TIMEOUT.total_seconds(), CONNECT_TIMEOUT.total_seconds()
        timeout = httpx.Timeout(idle, connect=connect, pool=None)
        client = DirectClient(transport=NetworkTransport(self._world.network), timeout=timeout)
        return balancer(lambda: self._targets.get(name, ()), client)

    def _balancer_ready(self, name: str, address: Address) -> None:
        self._serving = name
        self.carry_out(self.plane.balancer_ready(name, address=address, now=self._world.clock.steady()))

    def _stop_balancer(self, name: str) -> None:
        self._serving = ""
        self._programs.kill(self._balancers.pop(name), signal.SIGKILL)

    async def _check(self, command: CheckTarget) -> None:
        request = Request("GET", command.path.encode(), [(b"host", str(command.address).encode())])
        try:
            reply = await self._world.network.connect(command.address).ask(request, patience=CHECK_TIMEOUT_SECONDS)
            await reply.read(patience=CHECK_TIMEOUT_SECONDS)
            ok, reason = 200 <= reply.status < 300, f"status {reply.status}"
        except OSError as error:
            ok, reason = False, f"{type(error).__name__}: {error}".rstrip(": ")
        self.carry_out(self.plane.checked(command.task, ok=ok, reason=reason, now=self._world.clock.steady()))


class DirectClient(httpx.AsyncClient):
    """An `httpx.AsyncClient` that goes straight to its transport: no redirects, cookies, auth or log, as in a balancer.

    A balancer wants none of them, and they would be a tenth of a simulation.
    """

    async def send(self, request: httpx.Request, **_options: object) -> httpx.Response:
        """Send a request, and give its reply once the head has come."""
        request.extensions = {**request.extensions, "timeout": self.timeout.as_dict()}
        return await self._transport.handle_async_request(request)
