"""The cloud's hands, whatever they are made of: what the control plane commands is carried out, in order.

Rules of this file: nothing is started, stopped or asked here; a cloud says how that is done where it runs.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from harness.clock import Clock
from harness.errors import ScenarioError
from harness.ingress.commands import CheckTarget, Command, SetTargets, StartBalancer, StartTask, StopBalancer, StopTask
from harness.ingress.control_plane import ControlPlane
from harness.ingress.records import Address
from harness.stacks.target_troubles import Targets

Started = TypeVar("Started")
"""What runs: a process, or a program in memory."""
Planned = TypeVar("Planned")
"""How it is started."""


class Carrier(ABC, Generic[Started, Planned]):
    """Carries out what the control plane commands, and tells it what came of it.

    Args:
        plane: says what should run.
        clock: the scenario's.
    """

    def __init__(self, plane: ControlPlane, *, clock: Clock) -> None:
        self.plane = plane
        self.changes: dict[str, Callable[[Planned], Planned]] = {}
        """What is changed about each task that starts from now on, by the name of the trouble that wants it."""
        self.detours: dict[str, Callable[[Targets], Targets]] = {}
        """What is changed about the targets that the load balancer is told, likewise."""
        self.leaving: set[str] = set()
        """Load balancers that were told to stop and still run; they accept connections until they are gone."""
        self._steady = clock.steady
        self._tasks: dict[str, Started] = {}
        self._balancers: dict[str, Started] = {}
        self._targets: Targets = ()
        self._wakes_at = -math.inf

    @property
    def tasks(self) -> tuple[Started, ...]:
        """What runs of the service, the longest-lived first."""
        return tuple(self._tasks.values())

    def oldest_task(self) -> Started:
        """Give what has run longest of the service.

        Raises:
            ScenarioError: when nothing of it runs.
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
        self._tell(targets)

    def tick(self) -> None:
        """Do what is due."""
        now = self._steady()
        if self._wakes_at <= now:
            self.carry_out(self.plane.tick(now))

    def carry_out(self, commands: tuple[Command, ...]) -> None:
        """Carry out commands, in order; whoever has had the plane change its mind comes here, commands or not."""
        for command in commands:
            match command:
                case StartTask(task=task):
                    self._tasks[task] = self._start_task(command)
                case StopTask(task=task):
                    self._stop_task(self._tasks[task])
                case SetTargets(addresses=addresses):
                    self._targets = addresses
                    self.tell_targets()
                case StartBalancer(name=name):
                    self._balancers[name] = self._start_balancer(name)
                case StopBalancer(name=name):
                    self._stop_balancer(self._balancers.pop(name))
                case CheckTarget():
                    self._begin_check(command)
        self._wakes_at = self.plane.wakes_at

    # How it is done

    @abstractmethod
    def _start_task(self, command: StartTask) -> Started: ...

    @abstractmethod
    def _stop_task(self, task: Started) -> None: ...

    @abstractmethod
    def _start_balancer(self, name: str) -> Started: ...

    @abstractmethod
    def _stop_balancer(self, balancer: Started) -> None: ...

    @abstractmethod
    def _tell(self, targets: Targets) -> None: ...

    @abstractmethod
    def _begin_check(self, command: CheckTarget) -> None: ...

    def _changed(self, planned: Planned) -> Planned:
        """Change how a task is started, as troubles want it."""
        for change in self.changes.values():
            planned = change(planned)
        return planned

    # What came of it

    def _task_ready(self, task: str, address: Address) -> None:
        self.carry_out(self.plane.task_ready(task, address=address, now=self._steady()))

    def _task_exited(self, task: str, code: int) -> None:
        self._tasks.pop(task, None)
        self.carry_out(self.plane.task_exited(task, code=code, now=self._steady()))

    def _balancer_ready(self, name: str, address: Address) -> None:
        self.carry_out(self.plane.balancer_ready(name, address=address, now=self._steady()))

    def _checked(self, task: str, *, ok: bool, reason: str) -> None:
        self.carry_out(self.plane.checked(task, ok=ok, reason=reason, now=self._steady()))
