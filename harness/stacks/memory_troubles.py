"""What can be wrong with the memory that a task of the service gets.

Runs in the stack's loop.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from harness.errors import ScenarioError
from harness.events import Event, Hurt, TroubleBegun
from harness.faults.troubles import MemoryCapped
from harness.stacks.children import Child
from harness.stacks.cloud import Cloud
from harness.stacks.memory_group import MemoryGroup, NoGroup, parent_of
from harness.stacks.memory_limits import MemoryLimits

COMPLAINTS = (b"MemoryError", b"out of memory", b"Cannot allocate memory")
"""What a program writes that asked for memory and got none: Python, Node, and the C library."""


class MemoryTroubles:
    """Caps the memory of a task by a control group, or where none can be made by rlimits, and lifts the cap again.

    Args:
        record: keeps an event.

    Cleanup: `end`; if the harness dies, the lease ends the task and removes its group.
    Evidence: TroubleBegun, which says how it is capped; Hurt as it ends, with how often the kernel held the task back
        or the task said that it got no memory.
    """

    def __init__(self, *, record: Callable[[Event], object]) -> None:
        self.cloud: Cloud | None = None
        """Where the tasks run, once they do."""
        self._record = record
        self._capped: Child | None = None
        self._cap: MemoryGroup | MemoryLimits | None = None
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
        try:
            how = self._by_group(self._capped, room_bytes=trouble.room_bytes)
        except NoGroup as why:
            limits = self._cap = MemoryLimits(lambda: _processes(self._capped))
            how = f"{limits.limit(room_bytes=trouble.room_bytes)}, because {why}"
        self._record(TroubleBegun(trouble=trouble.name, how=f"{self._capped.component} by {how}"))

    def _by_group(self, task: Child, *, room_bytes: int) -> str:
        assert self.cloud is not None, "tasks are hurt after the start"
        group = MemoryGroup(parent_of(task.pid), task.component)
        self.cloud.children.lease.watch_directory(group.directory)
        how = group.limit([process.pid for process in _processes(task)], room_bytes=room_bytes)
        self._cap = group
        return how

    async def end(self, trouble: MemoryCapped) -> None:
        """Lift the cap from whatever of the task is still there."""
        if self._capped is None or self._cap is None:
            return
        times = _complaints_in(self._log) - self._said_before
        if isinstance(self._cap, MemoryGroup):
            times += self._cap.bites()
        self._cap.lift()
        if times > 0:
            what = f"{self._capped.component}, which asked for memory in vain"
            self._record(Hurt(trouble=trouble.name, what=what, times=times))
        self._capped = self._cap = None

    def stands(self, trouble: MemoryCapped) -> bool:  # noqa: ARG002 - there is one cap
        """Say whether a capped process is still there."""
        return self._cap is not None and self._cap.is_standing


def how_here() -> str:
    """Say what memory is capped by on this machine."""
    if not hasattr(psutil.Process, "rlimit"):
        return f"not possible: this is {sys.platform}"
    try:
        return f"a control group in {parent_of(os.getpid())}"
    except NoGroup as why:
        return f"rlimits, because {why}"


def _processes(task: Child | None) -> Iterator[psutil.Process]:
    """Give the processes of a task: its own, and what that has started, as npm starts node."""
    if task is None or not task.is_alive:
        return
    try:
        first = psutil.Process(task.pid)
        yield from (first, *first.children(recursive=True))
    except psutil.NoSuchProcess:
        return


def _complaints_in(log: Path) -> int:
    text = log.read_bytes() if log.is_file() else b""
    return sum(text.count(words) for words in COMPLAINTS)
