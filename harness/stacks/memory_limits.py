"""The memory limits that a process carries itself (rlimits), where no control group can be made.

Address space alone would not do: the C library reserves more of it than it uses, and goes on using that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import psutil

Limits = tuple[int, int]
"""The soft limit, which counts, and the hard one, up to which it can be raised again."""


class MemoryLimits:
    """Limits on some processes.

    Args:
        processes: gives those that are still there.
    """

    def __init__(self, processes: Callable[[], Iterable[psutil.Process]]) -> None:
        self._processes = processes
        self._before: dict[int, dict[int, Limits]] = {}

    def limit(self, *, room_bytes: int) -> str:
        """Let each get no more than so much, and say how in a sentence."""
        for process in self._processes():
            has = process.memory_info()
            self._before[process.pid] = _limits(process)
            for kind, size in ((psutil.RLIMIT_AS, has.vms), (psutil.RLIMIT_DATA, has.data)):
                _, hard = self._before[process.pid][kind]
                process.rlimit(kind, (size + room_bytes, hard))
        return f"RLIMIT_AS and RLIMIT_DATA at what each process has, and {room_bytes} bytes"

    @property
    def is_standing(self) -> bool:
        """Whether a limited process is still there."""
        return any(_limits(process) != self._before.get(process.pid) for process in self._processes())

    def lift(self) -> None:
        """Give each the limits that it had."""
        for process in self._processes():
            for kind, limits in self._before.get(process.pid, {}).items():
                process.rlimit(kind, limits)


def _limits(process: psutil.Process) -> dict[int, Limits]:
    return {kind: process.rlimit(kind) for kind in (psutil.RLIMIT_AS, psutil.RLIMIT_DATA)}
