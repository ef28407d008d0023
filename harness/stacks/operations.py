"""What people and faults do to the deployment, each carried out in the loop where the deployment lives.

Called from the scenario's thread; an operation that waits comes back once what it waits for is there.

Rules of this file: nobody waits for tasks that something else keeps from getting healthy. Whoever puts that right
brings them back: a load balancer that comes has the orchestrator try again, and so has the end of a crash loop.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from harness.clock import Clock
from harness.faults.fault import (
    Command,
    KillTask,
    RemoveBalancer,
    ReplaceBalancer,
    ReplaceTasks,
    RestoreIngress,
    RestoreTasks,
    cannot,
)
from harness.faults.troubles import TasksCrashOnStart
from harness.ingress.commands import Command as CloudCommand
from harness.ingress.control_plane import ControlPlane, Done
from harness.ingress.description import Description

Result = TypeVar("Result")


class Wait(Protocol):
    """Blocks until a condition holds; raises HarnessError when it never does."""

    def __call__(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for `what`."""
        ...


class Task(Protocol):
    """A task of the service, real or not."""

    @property
    def component(self) -> str:
        """What it is called in the history."""
        ...

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        ...


class Cloud(Protocol):
    """What carries out the plane's commands."""

    @property
    def leaving(self) -> Collection[str]:
        """Load balancers that were told to stop and still run."""
        ...

    @property
    def tasks(self) -> Sequence[Task]:
        """The tasks of the service, the longest-lived first."""
        ...

    @property
    def changes(self) -> Collection[str]:
        """The names of the troubles that change each task which starts."""
        ...

    def oldest_task(self) -> Task:
        """Give the longest-lived of them; raises ScenarioError when there is none."""
        ...

    def carry_out(self, commands: tuple[CloudCommand, ...]) -> None:
        """Carry out commands, in order."""
        ...


class Loop(Protocol):
    """Where the deployment lives."""

    def call(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine in the loop and block until its result is there."""
        ...


class Operations:
    """The deployment's operations, as a console offers them, and as faults misuse them.

    Args:
        plane: what there is.
        loop: where it lives.
        clock: the scenario's.
        wait: how to wait for something.
        show: called after each operation, in the loop.
    """

    def __init__(self, plane: ControlPlane, *, loop: Loop, clock: Clock, wait: Wait, show: Callable[[], None]) -> None:
        self.plane = plane
        self.cloud: Cloud | None = None
        """What carries out the plane's commands, once there is something to carry them out on."""
        self._loop = loop
        self._clock = clock
        self._wait = wait
        self._show = show
        self._left_tasks = False
        """Whether whoever restored tasks last had to leave that to the end of something else."""

    @property
    def version(self) -> str:
        """A version of the code that nobody has deployed yet."""
        return f"{self._clock.now():%Y%m%d.%H%M%S}"

    def perform(self, operation: Callable[[float], Done]) -> Done:
        """Do something to the deployment, and carry out what follows; a load balancer that it removes is gone then."""

        async def perform() -> Done:
            done = operation(self._clock.steady())
            if self.cloud is not None:
                self.cloud.carry_out(done.commands)
            self._show()
            return done

        done = self._loop.call(perform())
        if (cloud := self.cloud) is not None:
            self._wait(lambda: not cloud.leaving, "the load balancer to be gone")
        return done

    def describe(self) -> Description:
        """Give what the console shows right now, to whatever thread asks."""

        async def describe() -> Description:
            return self.plane.describe()

        return self._loop.call(describe())

    def do(self, command: Command) -> None:
        """Carry out a command of a fault that concerns the deployment."""
        match command:
            case RemoveBalancer():
                self.perform(lambda now: self.plane.remove_balancer(now=now))
            case ReplaceBalancer():
                self.perform(lambda now: self.plane.remove_balancer(now=now))
                self._create_balancer()
            case RestoreIngress():
                self._create_balancer()
                self.perform(lambda now: self.plane.update_record(now=now))
            case KillTask():
                self._kill_task()
            case ReplaceTasks():
                self._roll_out("so that every task starts anew")
            case RestoreTasks():
                self._restore_tasks()
            case _:
                raise cannot(command, stack="processes")

    @property
    def missing_tasks(self) -> int:
        """How many healthy tasks there are too few; none where they were left to the end of what hinders them."""
        if self._left_tasks and self._is_hindered():
            return 0
        healthy = sum(task.state == "healthy" for task in self.plane.describe().tasks)
        return max(0, self.plane.site.policy.desired - healthy)

    def has_balancer(self) -> bool:
        """Say whether a load balancer listens."""
        return bool(self.plane.balancer and self.plane.balancer.address)

    def _create_balancer(self) -> None:
        self.perform(lambda now: self.plane.create_balancer(now=now))
        self._wait(self.has_balancer, "a load balancer to listen")

    def _kill_task(self) -> None:
        assert self.cloud is not None, "tasks are killed after the start"
        cloud, task = self.cloud, self.cloud.oldest_task()
        self._left_tasks = False
        task.signal(signal.SIGKILL)
        self._wait(lambda: task not in cloud.tasks, f"{task.component} to be gone")

    def _restore_tasks(self) -> None:
        self._left_tasks = self._is_hindered()
        if self._left_tasks:
            return
        self._wait(lambda: self._has_given_up() or not self.missing_tasks, "the orchestrator to make up its mind")
        if self._has_given_up():
            self._roll_out("as it was before")

    def _roll_out(self, note: str) -> None:
        self.perform(lambda now: self.plane.push(self.version, note=note, now=now))
        if not self._is_hindered():
            self._wait(lambda: self._state() == "completed", "the deployment to complete")

    def _is_hindered(self) -> bool:
        """Say whether no task can get healthy: nobody checks its health, or it ends as it starts."""
        crashes = self.cloud is not None and TasksCrashOnStart.name in self.cloud.changes
        return crashes or not self.has_balancer()

    def _has_given_up(self) -> bool:
        return self._state() == "failed"

    def _state(self) -> str:
        deployment = self.plane.describe().deployment
        return deployment.state if deployment else ""
