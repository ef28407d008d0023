"""The children of a run on the `containers` stack: containers of what is under test, processes of the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from harness.events import Event
from harness.stacks.children import Children, Launch, Program
from harness.stacks.containers.launch import ContainerLaunch
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
        self._containers = ContainerLease(self._run)

    def end(self) -> None:
        """Stop every child, gently and then not, and release the leases."""
        super().end()
        self._containers.release()

    def _program(self, launch: Launch) -> Program:
        if isinstance(launch, ContainerLaunch):
            from harness.stacks.containers.container import Container  # noqa: PLC0415 - needs docker

            log = self.log(launch.component)
            return Container(launch, environment=self.environment, run=self._run, log=log)
        return super()._program(launch)
