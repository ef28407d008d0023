"""Who carries the diners for a master: what it asks of its workers, and those that are processes of this machine."""

from __future__ import annotations

import sys
from typing import Any, Protocol

import gevent
import gevent.subprocess
import msgspec

from harness.load.messages import Command, Setup

GLANCE_SECONDS = 0.05


class Crew(Protocol):
    """The workers of one load."""

    load: str
    """Which load theirs is; what workers of another one say is not for this master."""
    ready_within_seconds: float
    """Wall seconds for all of them to come."""

    def start(self) -> None:
        """Let them come."""
        ...

    @property
    def is_complete(self) -> bool:
        """Whether all are there."""
        ...

    def missing(self) -> str:
        """Say who has not come."""
        ...

    def complaint(self, said: dict[int, int]) -> str:
        """Say which of them cannot go on, and why; "" as long as all can, and none has said its last."""
        ...

    def tell(self, command: Command) -> None:
        """Tell each of them."""
        ...

    def leave_at_once(self) -> None:
        """Let them leave without grace, and report what is in flight as unknown."""
        ...

    def wait_until_gone(self, said: dict[int, int]) -> None:
        """Wait until each has ended, or cannot any more; `said` gets the number of each that has said its last."""
        ...

    def end(self) -> None:
        """End those that hang."""
        ...


class LocalCrew:
    """Workers that are processes of this machine.

    Args:
        setup: what the harness has sent.
        runner: Locust's master, at which they report.

    Cleanup: they are in this process's group, and end when their input does.
    """

    load = ""
    ready_within_seconds = 50.0

    def __init__(self, setup: Setup, runner: Any) -> None:  # noqa: ANN401 - Locust has no types
        self._setup = setup
        self._runner = runner
        self._workers: list[Any] = []

    def start(self) -> None:
        """Start each, and say what its share is."""
        self._workers = [self._start(number) for number in range(self._setup.workers)]

    @property
    def is_complete(self) -> bool:
        """Whether all are there."""
        return bool(self._runner.worker_count >= self._setup.workers)

    def missing(self) -> str:
        """Say how many have come."""
        came = f"of {self._setup.workers} load workers {self._runner.worker_count} came"
        return f"{came} in {self.ready_within_seconds:g} s."

    def complaint(self, said: dict[int, int]) -> str:  # noqa: ARG002 - its process says more
        """Say which has ended by itself."""
        for number, worker in enumerate(self._workers):
            if worker.poll() is not None:
                return f"load worker {number} ended with code {worker.returncode}."
        return ""

    def tell(self, command: Command) -> None:
        """Tell each of them."""
        for worker in self._workers:
            _tell(worker, command)

    def leave_at_once(self) -> None:
        """End their input."""
        for worker in self._workers:
            worker.stdin.close()

    def wait_until_gone(self, said: dict[int, int]) -> None:
        """Wait until each process has ended, and its last words are here."""
        while any(worker.poll() is None for worker in self._workers):
            gevent.sleep(GLANCE_SECONDS)
        while len(said) < len(self._workers) and not any(worker.returncode for worker in self._workers):
            gevent.sleep(GLANCE_SECONDS)

    def end(self) -> None:
        """Kill those that hang."""
        for worker in self._workers:
            if worker.poll() is None:
                worker.kill()

    def _start(self, number: int) -> Any:  # noqa: ANN401 - gevent has no types
        worker = gevent.subprocess.Popen(
            [sys.executable, "-m", "harness.load.worker"],
            stdin=gevent.subprocess.PIPE,
            stdout=gevent.subprocess.DEVNULL,
        )
        _tell(worker, share_of(self._setup, number, master=f"127.0.0.1:{self._runner.server.port}"))
        return worker


def share_of(setup: Setup, number: int, *, master: str, load: str = "") -> Setup:
    """Give what one of the workers is to do."""
    most = max(1, setup.max_requests // setup.workers)
    return msgspec.structs.replace(setup, worker=number, master=master, load=load, max_requests=most)


def _tell(worker: Any, message: Setup | Command) -> None:  # noqa: ANN401 - gevent has no types
    try:
        worker.stdin.write(msgspec.json.encode(message) + b"\n")
        worker.stdin.flush()
    except (OSError, ValueError):
        return  # it has ended, which whoever watches it says, or its input has
