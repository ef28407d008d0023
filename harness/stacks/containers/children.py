"""The children of a run on the `containers` stack: containers of what is under test, processes of the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.events import Event
from harness.stacks.children import Children, Launch, Program
from harness.stacks.containers.launch import ContainerLaunch, InsideLaunch
from harness.stacks.containers.lease import ContainerLease


class ContainerChildren(Children):
    """Every process and every container of a run.

    Args:
        run: the run's directory, which labels its containers.
        logs: directory for what they write to standard error.
        environment: what they all get, on top of the harness's own environment or the image's.
        record: keeps ProcessStarted and ProcessExited.

    Cleanup: `end` ends all and releases both leases; a harness that dies instead loses them, which does the same.
    """

    def __init__(
        self, run: Path, *, logs: Path, environment: Mapping[str, str], record: Callable[[Event], object]
    ) -> None:
        super().__init__(logs=logs, environment=environment, record=record)
        self._run = str(run.resolve())
        self._lease_of_containers = ContainerLease(self._run)
        self._made: dict[str, Any] = {}
        """The last container of each component."""

    def end(self) -> None:
        """Stop every child, gently and then not, and release the leases."""
        super().end()
        self._lease_of_containers.release()

    def _program(self, launch: Launch) -> Program:
        if isinstance(launch, ContainerLaunch):
            from harness.stacks.containers.container import Container  # noqa: PLC0415 - needs docker

            log = self.log(launch.component)
            made = Container(launch, environment=self.environment, run=self._run, log=log)
            self._made[launch.component] = made
            return made
        if isinstance(launch, InsideLaunch):
            from harness.stacks.containers.inside import Inside  # noqa: PLC0415 - likewise

            log, container = self.log(launch.component), self._made[launch.within].id
            return Inside(launch, container=container, environment=self.environment, log=log)
        return super()._program(launch)
