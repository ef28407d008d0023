"""A control group (cgroups v2) for a task: when it gets no more memory, the kernel slows it down, and then kills it.

Rules of this file: a group is made only where the machine already hands memory down to groups, and where we may; no
group is changed that is not ours, except that processes leave it and come back.

Source: Linux, Documentation/admin-guide/cgroup-v2.rst.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

PREFIX = "pizza-chaos-"
"""How the names of our groups begin; after it comes the process that made it."""

LEAST_BYTES = 4 * 2**20
"""A group without any room would kill its task at once, before a request could feel it."""

LAST_BYTES = 8 * 2**20
"""How much it may get between being slowed down and being killed."""

_TELLING = frozenset({"high", "max", "oom_kill"})
"""What `memory.events` counts when the limits bite."""


class NoGroup(Exception):
    """Raised, with the reason, where no group can be made; rlimits have to do then."""


class MemoryGroup:
    """A group of our own, around some processes.

    What they have when they come in stays counted where it was, so that the limit is on what they get from then on.

    Args:
        parent: the group in which it is made; `parent_of` finds one.
        name: what it is about.

    Raises:
        NoGroup: when it cannot be made.

    Cleanup: `lift`. It is a directory, which a lease may remove too once nothing runs in it.
    """

    def __init__(self, parent: Path, name: str) -> None:
        self.directory = parent / f"{PREFIX}{os.getpid()}-{name}"
        self._homes: dict[int, Path] = {}
        try:
            self.directory.mkdir()
        except OSError as error:
            raise NoGroup(f"no group can be made in {parent}: {error.strerror}") from error

    def limit(self, pids: Iterable[int], *, room_bytes: int) -> str:
        """Take processes in, let them get no more than so much, and say how in a sentence.

        Raises:
            NoGroup: when the kernel refuses; then nothing is left of the group.
        """
        high = max(room_bytes, LEAST_BYTES)
        try:
            self._write("memory.high", high)
            self._write("memory.max", high + LAST_BYTES)
            with contextlib.suppress(OSError):  # where there is no swap, it cannot be forbidden
                self._write("memory.swap.max", 0)
            for pid in pids:
                self._homes[pid] = group_of(pid)
                self._write("cgroup.procs", pid)
        except OSError as error:
            self.lift()
            raise NoGroup(f"the kernel refuses a limit in {self.directory}: {error.strerror}") from error
        return f"{self.directory} with memory.high {high} and memory.max {high + LAST_BYTES}"

    @property
    def is_standing(self) -> bool:
        """Whether it is there and limits anybody."""
        return bool(self._lines("cgroup.procs"))

    def bites(self) -> int:
        """Give how often somebody in it got no memory, or late, or was killed for it."""
        counts = dict(line.split() for line in self._lines("memory.events"))
        return sum(int(count) for what, count in counts.items() if what in _TELLING)

    def lift(self) -> None:
        """Let everybody out and remove it; lifting twice is fine."""
        for limit in ("memory.high", "memory.max"):
            with contextlib.suppress(OSError):
                self._write(limit, "max")
        for line in self._lines("cgroup.procs"):
            home = self._homes.get(int(line), self.directory.parent)
            with contextlib.suppress(OSError):  # it has just ended, or its home is gone: it stays, with no limit
                (home / "cgroup.procs").write_text(line)
        with contextlib.suppress(OSError):
            self.directory.rmdir()

    def _lines(self, name: str) -> list[str]:
        try:
            return (self.directory / name).read_text().splitlines()
        except OSError:
            return []

    def _write(self, name: str, value: float | str) -> None:
        (self.directory / name).write_text(str(value))


def parent_of(pid: int) -> Path:
    """Find the nearest group around a process in which one can be made that limits memory.

    Raises:
        NoGroup: when there is none.
    """
    own, mount = group_of(pid), _mount()
    around = (group for group in (own, *own.parents) if group == mount or mount in group.parents)
    for group in around:
        if "memory" in _words(group / "cgroup.subtree_control") and os.access(group, os.W_OK):
            return group
    if "memory" not in _words(mount / "cgroup.controllers"):
        raise NoGroup("this machine's cgroups v2 do not control memory")
    raise NoGroup(f"none of the groups around {own} hands memory down to a group that we may make")


def group_of(pid: int) -> Path:
    """Give the directory of the group that a process is in.

    Raises:
        NoGroup: when the machine has no cgroups v2, or the process is gone.
    """
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        raise NoGroup("this machine has no control groups") from None
    path = next((line.removeprefix("0::") for line in lines if line.startswith("0::")), None)
    if path is None:
        raise NoGroup("this machine has no cgroups v2")
    return _mount() / path.lstrip("/")


def leftover_groups() -> Iterator[Path]:
    """Give every group of ours whose maker is gone."""
    with contextlib.suppress(NoGroup, OSError):
        for group in sorted(_mount().rglob(f"{PREFIX}*")):
            maker = group.name.removeprefix(PREFIX).partition("-")[0]
            if not (maker.isdigit() and Path(f"/proc/{maker}").exists()):
                yield group


def _mount() -> Path:
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    except OSError:
        mounts = []
    found = next((fields[1] for fields in mounts if fields[2:3] == ["cgroup2"]), None)
    if found is None:
        raise NoGroup("this machine has no cgroups v2")
    return Path(found)


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []
