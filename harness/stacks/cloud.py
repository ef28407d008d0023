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
from harness.errors import HarnessError
from harness.ingress.commands import CheckTarget, StartTask
from harness.ingress.control_plane import ControlPlane
from harness.ingress.records import Address
from harness.stacks.carrier import Carrier
from harness.stacks.children import Child, Children, Ears, Launch
from harness.stacks.looping import LoopThread
from harness.stacks.target_troubles import Targets
from harness.stacks.ways import Ways

CHECK_TIMEOUT = timedelta(seconds=40)
"""How long a target has to answer a health check, in incident time, so that a check says the same at every speed.

At the highest speed that is two seconds of the wall, which a busy machine may need for it.
"""

IDLE_TIMEOUT = timedelta(seconds=60)
"""How long a load balancer waits for a target, in incident time: AWS's default."""

STOP_TIMEOUT_SECONDS = 3.0
"""Wall seconds that a task has to end before it is killed."""


class Cloud(Carrier[Child, Launch]):
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
        super().__init__(plane, clock=clock)
        self.children = children
        self._launch_task = launch_task
        self._clock = clock
        self._loop = loop
        self._ways = ways
        self._serving: Child | None = None
        self.certificate: Path | None = None
        """What the load balancer shows; None where it speaks plain HTTP. Set before the first one is started."""
        # A new connection for each check: one that is kept could be closed by its target just when it is used again.
        limits = httpx.Limits(max_keepalive_connections=0)
        patience = clock.timeout_seconds(CHECK_TIMEOUT)
        self._http = httpx.AsyncClient(timeout=patience, limits=limits, trust_env=False)

    def show_certificate(self, certificate: Path) -> None:
        """Let the load balancer show this one to whoever connects from now on; only one that speaks TLS can."""
        self.certificate = certificate
        if self._serving is not None:
            self._serving.tell({"certificate": str(certificate)})

    async def close(self) -> None:
        """Stop checking targets; balancers may end from now on."""
        self._balancers.clear()
        await self._http.aclose()

    def _start_task(self, command: StartTask) -> Child:
        version = self.plane.definition(command.revision).pushed
        ears = Ears(
            ready=lambda said: self._loop.soon(lambda: self._task_ready(command.task, Address.parse(said))),
            exited=lambda code: self._loop.soon(self._task_exited, command.task, code),
        )
        launch = self._changed(self._launch_task(command.task, version))
        return self.children.start(launch, ears=ears)

    def _stop_task(self, task: Child) -> None:
        task.stop()
        self._loop.background(f"stopping {task.component}", self._make_sure_it_ends(task))

    async def _make_sure_it_ends(self, child: Child) -> None:
        await self._clock.sleep(timedelta(seconds=STOP_TIMEOUT_SECONDS * self._clock.speed))
        child.stop(kill=True)

    def _start_balancer(self, name: str) -> Child:
        address = self._ways.next_address()
        idle = f"{self._clock.timeout_seconds(IDLE_TIMEOUT):g}s"
        argv = [sys.executable, "-m", "harness.ingress.balancer", "--listen", str(address), "--idle-timeout", idle]
        if self.certificate is not None:
            argv += ["--certificate", str(self.certificate)]
        ears = Ears(
            ready=lambda said: self._loop.soon(lambda: self._balancer_ready(name, Address.parse(said))),
            exited=lambda code: self._loop.soon(self._balancer_exited, name, code),
        )
        return self.children.start(self._ways.balancer(Launch(name, argv)), ears=ears)

    def _balancer_ready(self, name: str, address: Address) -> None:
        self._serving = self._balancers[name]
        super()._balancer_ready(name, address)

    def _stop_balancer(self, balancer: Child) -> None:
        self._serving = None
        if balancer.is_alive:
            self.leaving.add(balancer.component)
        balancer.stop(kill=True)

    def _balancer_exited(self, name: str, code: int) -> None:
        self.leaving.discard(name)
        if name in self._balancers:
            message = (
                f"the load balancer {name} ended by itself with code {code}. Look at its log in the run's directory."
            )
            raise HarnessError(message)

    def _tell(self, targets: Targets) -> None:
        if self._serving is not None:
            self._serving.tell({"targets": [str(address) for address in targets]})

    def _begin_check(self, command: CheckTarget) -> None:
        self._loop.background(f"health check of {command.task}", self._check(command))

    async def _check(self, command: CheckTarget) -> None:
        try:
            reply = await self._http.get(f"http://{command.address}{command.path}")
            ok, reason = reply.is_success, f"status {reply.status_code}"
        except httpx.HTTPError as error:
            ok, reason = False, f"{type(error).__name__}: {error}".rstrip(": ")
        self._checked(command.task, ok=ok, reason=reason)
