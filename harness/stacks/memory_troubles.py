"""What can be wrong with the memory that a task of the service gets.

Runs in the stack's loop.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from harness.errors import ScenarioError
from harness.events import Event, Hurt
from harness.faults.troubles import MemoryCapped
from harness.stacks.children import Child
from harness.stacks.cloud import Cloud

COMPLAINTS = (b"MemoryError", b"out of memory", b"Cannot allocate memory")
"""What a program writes that asked for memory and got none: Python, Node, and the C library."""

Limits = tuple[int, int]
"""The soft limit, which counts, and the hard one, up to which it can be raised again."""


class MemoryTroubles:
    """Caps the memory of a task, and lifts the cap again.

    Address space alone would not do: the C library reserves more of it than it uses, and goes on using that.

    Args:
        record: keeps an event.

    Evidence: Hurt as it ends, with how often the task said since that it got no memory.
    """

    def __init__(self, *, record: Callable[[Event], object]) -> None:
        self.cloud: Cloud | None = None
        """Where the tasks run, once they do."""
        self._record = record
        self._capped: Child | None = None
        self._before: dict[int, dict[int, Limits]] = {}
        self._log = Path()
        self._said_before = 0

    async def begin(self, trouble: MemoryCapped) -> None:
        """Cap every process of the longest-lived task.

        Raises:
            ScenarioError: where the system does not let one process cap another.
        """
        if not hasattr(psutil.Process, "rlimit"):
            message = (
                f"memory_pressure needs Linux, which lets one process limit another's memory; this is {sys.platform}. "
                "Run the scenario on Linux, or choose another fault: `pizza-chaos faults` lists them."
            )
            raise ScenarioError(message)
        assert self.cloud is not None, "tasks are hurt after the start"
        self._capped = self.cloud.oldest_task()
        self._log = self.cloud.children.log(self._capped.component)
        self._said_before = _complaints_in(self._log)
        for process in _processes(self._capped):
            has = process.memory_info()
            self._before[process.pid] = _limits(process)
            for kind, size in ((psutil.RLIMIT_AS, has.vms), (psutil.RLIMIT_DATA, has.data)):
                _, hard = self._before[process.pid][kind]
                process.rlimit(kind, (size + trouble.room_bytes, hard))

    async def end(self, trouble: MemoryCapped) -> None:
        """Lift the cap from whatever of the task is still there."""
        if self._capped is None:
            return
        for process in _processes(self._capped):
            for kind, limits in self._before.get(process.pid, {}).items():
                process.rlimit(kind, limits)
        said = _complaints_in(self._log) - self._said_before
        if said > 0:
            what = f"{self._capped.component}, which asked for memory in vain"
            self._record(Hurt(trouble=trouble.name, what=what, times=said))
        self._capped, self._before = None, {}

    def stands(self, trouble: MemoryCapped) -> bool:  # noqa: ARG002 - there is one cap
        """Say whether a capped process is still there."""
        return self._capped is not None and any(
            _limits(process) != self._before.get(process.pid) for process in _processes(self._capped)
        )


def _limits(process: psutil.Process) -> dict[int, Limits]:
    return {kind: process.rlimit(kind) for kind in (psutil.RLIMIT_AS, psutil.RLIMIT_DATA)}


def _processes(task: Child) -> Iterator[psutil.Process]:
    """Give the processes of a task: its own, and what that has started, as npm starts node."""
    if not task.is_alive:
        return
    try:
        first = psutil.Process(task.pid)
        yield from (first, *first.children(recursive=True))
    except psutil.NoSuchProcess:
        return


def _complaints_in(log: Path) -> int:
    text = log.read_bytes() if log.is_file() else b""
    return sum(text.count(words) for words in COMPLAINTS)
