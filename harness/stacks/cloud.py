"""The cloud's hands: carries out what the control plane commands, on real processes and sockets.

Runs in the stack's loop; what its child processes say comes in through that loop too, so nothing here needs a lock.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx

from harness.clock import WallClock
from harness.errors import HarnessError, ScenarioError
from harness.ingress.commands import CheckTarget, Command, SetTargets, StartBalancer, StartTask, StopBalancer, StopTask
from harness.ingress.control_plane import ControlPlane
from harness.ingress.records import Address
from harness.stacks.children import Child, Children, Ears, Launch
from harness.stacks.looping import LoopThread
from harness.stacks.target_troubles import Targets
from harness.stacks.ways import Ways

CHECK_TIMEOUT_SECONDS = 2.0
"""Wall seconds that a target has to answer a health check."""

IDLE_TIMEOUT = timedelta(seconds=60)
"""How long a load balancer waits for a target, in incident time: AWS's default."""

STOP_TIMEOUT_SECONDS = 3.0
"""Wall seconds that a task has to end before it is killed."""


class Cloud:
    """Load balancers and service tasks, really running.

    Args:
        plane: says what should run.
        children: starts it.
        launch_task: says how to start a task, from its name and the version of the code.
        clock: the scenario's.
        loop: where everything here runs.
        ways: where load balancers run, and listen.

    Cleanup: `close` for the health checks; the processes belong to `children`.
    """

    def __init__(
        self,
        plane: ControlPlane,
        *,
        children: Children,
        launch_task: Callable[[str, str], Launch],
        clock: WallClock,
        loop: LoopThread,
        ways: Ways,
    ) -> None:
        self.plane = plane
        self.children = children
        self._launch_task = launch_task
        self._clock = clock
        self._loop = loop
        self._ways = ways
        self._tasks: dict[str, Child] = {}
        self._balancers: dict[str, Child] = {}
        self._serving: Child | None = None
        self.changes: dict[str, Callable[[Launch], Launch]] = {}
        """What is changed about each task that starts from now on, by the name of the trouble that wants it."""
        self.detours: dict[str, Callable[[Targets], Targets]] = {}
        """What is changed about the targets that the load balancer is told, likewise."""
        self.certificate: Path | None = None
        """What the load balancer shows; None where it speaks plain HTTP. Set before the first one is started."""
        self._targets: Targets = ()
        # A new connection for each check: one that is kept could be closed by its target just when it is used again.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.AsyncClient(timeout=CHECK_TIMEOUT_SECONDS, limits=limits, trust_env=False)

    @property
    def tasks(self) -> tuple[Child, ...]:
        """The processes of the service, the longest-lived first."""
        return tuple(self._tasks.values())

    def oldest_task(self) -> Child:
        """Give the longest-lived process of the service.

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
        if self._serving is not None:
            self._serving.tell({"targets": [str(address) for address in targets]})

    def show_certificate(self, certificate: Path) -> None:
        """Let the load balancer show this one to whoever connects from now on; only one that speaks TLS can."""
        self.certificate = certificate
        if self._serving is not None:
            self._serving.tell({"certificate": str(certificate)})

    async def close(self) -> None:
        """Stop checking targets; balancers may end from now on."""
        self._balancers.clear()
        await self._http.aclose()

    def tick(self) -> None:
        """Do what is due."""
        now = self._clock.steady()
        if self.plane.wakes_at <= now:
            self.carry_out(self.plane.tick(now))

    def carry_out(self, commands: tuple[Command, ...]) -> None:
        """Carry out commands, in order."""
        for command in commands:
            match command:
                case StartTask():
                    self._start_task(command)
                case StopTask(task=task):
                    self._stop_task(task)
                case SetTargets(addresses=addresses):
                    self._set_targets(addresses)
                case StartBalancer(name=name):
                    self._start_balancer(name)
                case StopBalancer(name=name):
                    self._stop_balancer(name)
                case CheckTarget():
                    self._loop.background(f"health check of {command.task}", self._check(command))

    def _start_task(self, command: StartTask) -> None:
        version = self.plane.definition(command.revision).pushed
        ears = Ears(
            ready=lambda address: self._loop.soon(self._task_ready, command.task, address),
            exited=lambda code: self._loop.soon(self._task_exited, command.task, code),
        )
        launch = self._launch_task(command.task, version)
        for change in self.changes.values():
            launch = change(launch)
        self._tasks[command.task] = self.children.start(launch, ears=ears)

    def _stop_task(self, task: str) -> None:
        child = self._tasks[task]
        child.stop()
        self._loop.background(f"stopping {task}", self._make_sure_it_ends(child))

    async def _make_sure_it_ends(self, child: Child) -> None:
        await self._clock.sleep(timedelta(seconds=STOP_TIMEOUT_SECONDS * self._clock.speed))
        child.stop(kill=True)

    def _task_ready(self, task: str, address: str) -> None:
        self.carry_out(self.plane.task_ready(task, address=Address.parse(address), now=self._clock.steady()))

    def _task_exited(self, task: str, code: int) -> None:
        self._tasks.pop(task, None)
        self.carry_out(self.plane.task_exited(task, code=code, now=self._clock.steady()))

    def _start_balancer(self, name: str) -> None:
        address = self._ways.next_address()
        idle = f"{self._clock.timeout_seconds(IDLE_TIMEOUT):g}s"
        argv = [sys.executable, "-m", "harness.ingress.balancer", "--listen", str(address), "--idle-timeout", idle]
        if self.certificate is not None:
            argv += ["--certificate", str(self.certificate)]
        ears = Ears(
            ready=lambda listens: self._loop.soon(self._balancer_ready, name, listens),
            exited=lambda code: self._loop.soon(self._balancer_exited, name, code),
        )
        self._balancers[name] = self.children.start(self._ways.balancer(Launch(name, argv)), ears=ears)

    def _balancer_ready(self, name: str, address: str) -> None:
        self._serving = self._balancers[name]
        self.carry_out(self.plane.balancer_ready(name, address=Address.parse(address), now=self._clock.steady()))

    def _stop_balancer(self, name: str) -> None:
        self._serving = None
        self._balancers.pop(name).stop(kill=True)

    def _balancer_exited(self, name: str, code: int) -> None:
        if name in self._balancers:
            message = (
                f"the load balancer {name} ended by itself with code {code}. Look at its log in the run's directory."
            )
            raise HarnessError(message)

    def _set_targets(self, addresses: Targets) -> None:
        self._targets = addresses
        self.tell_targets()

    async def _check(self, command: CheckTarget) -> None:
        try:
            reply = await self._http.get(f"http://{command.address}{command.path}")
            ok, reason = reply.is_success, f"status {reply.status_code}"
        except httpx.HTTPError as error:
            ok, reason = False, f"{type(error).__name__}: {error}".rstrip(": ")
        self.carry_out(self.plane.checked(command.task, ok=ok, reason=reason, now=self._clock.steady()))
