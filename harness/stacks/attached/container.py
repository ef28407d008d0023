"""The container of the service under test, found by the port that it publishes: killed, frozen and brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from harness.errors import HarnessError, ScenarioError
from harness.events import Event, ProcessExited
from harness.stacks.containers.engine import engine


@contextmanager
def _in_the_engine(container: str) -> Iterator[Any]:
    """Give a container as the engine has it now.

    Raises:
        HarnessError: when no engine answers, or it does not do what it is told.
    """
    with engine() as client:
        import docker  # noqa: PLC0415 - the engine has been reached with it

        try:
            yield client.containers.get(container)
        except docker.errors.APIError as error:
            message = f"the Docker engine did not do it to {container[:12]}: {error.explanation or error}."
            raise HarnessError(message) from error


def revive(container: str) -> None:
    """Let a container go on, or start it, whichever it needs.

    Raises:
        HarnessError: when the engine cannot.
    """
    with _in_the_engine(container) as found:
        if found.status == "paused":
            found.unpause()
        elif found.status != "running":
            found.start()


class ServiceContainer:
    """What answers at the site's port, where that is a container of this machine's engine.

    Args:
        container: its id.
        name: what the engine calls it.
        record: keeps ProcessExited.
    """

    def __init__(self, container: str, *, name: str, record: Callable[[Event], object]) -> None:
        self.id = container
        self.name = name
        self._record = record

    @classmethod
    def publishing(cls, port: int, *, record: Callable[[Event], object]) -> ServiceContainer:
        """Find the container that publishes a port of this machine.

        Raises:
            ScenarioError: when there is none, so that nobody could bring it back.
        """
        try:
            with engine() as client:
                found = [each for each in client.containers.list() if port in _published(each)]
        except HarnessError as error:
            message = f"the stack 'attached' can kill or freeze a service in a container only: {error}"
            raise ScenarioError(message) from error
        if not found:
            message = (
                f"no container of this machine publishes port {port}, so the service there could not be brought back "
                "after a fault on its process. Hurt its links instead: LinkDown, OnLink."
            )
            raise ScenarioError(message)
        return cls(str(found[0].id), name=str(found[0].name), record=record)

    @property
    def is_up(self) -> bool:
        """Whether it runs, and is not frozen."""
        with _in_the_engine(self.id) as found:
            return bool(found.status == "running")

    def pause(self) -> None:
        """Freeze all of its processes."""
        with _in_the_engine(self.id) as found:
            found.pause()

    def kill(self) -> None:
        """Kill it, and come back once it is gone."""
        with _in_the_engine(self.id) as found:
            pid = int(found.attrs["State"]["Pid"])
            found.kill("SIGKILL")
            found.wait()
        self._record(ProcessExited(component=self.name, pid=pid, code=-9, expected=False))

    def revive(self) -> None:
        """Let it go on, or start it; harmless when it runs."""
        revive(self.id)


def _published(container: Any) -> set[int]:  # noqa: ANN401
    bindings = [each for bound in container.ports.values() for each in bound or ()]
    return {int(each["HostPort"]) for each in bindings}
