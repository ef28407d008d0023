"""The service gets no more memory than it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.events import Event, FaultApplied, ProcessExited
from harness.faults.parameters import between
from harness.faults.task_fault import TaskFault
from harness.faults.troubles import MemoryCapped

_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class MemoryPressure(TaskFault):
    """Limit the memory of the longest-lived task of the service to what it has, and `room_mib` more.

    Where the machine lets us make a control group (cgroups v2) that limits memory, the task runs in one: beyond
    `room_mib`, and 4 MiB at least, the kernel slows it down (`memory.high`), and 8 MiB later kills it (`memory.max`).
    Elsewhere the limits are RLIMIT_AS and RLIMIT_DATA of its processes: they get no more memory. Either way nothing
    else on the machine suffers; `pizza-chaos faults memory_pressure` says which it is here, and the history which it
    was. Only Linux has either; elsewhere the fault is refused. What a service makes of it is its own: the bundled one
    fails requests, and may push no more metrics; one that needs no more memory goes on as if nothing were, and the
    verdict then says that nothing was hit.

    Cleanup: the limits are lifted and the group is removed, by a lease if the harness dies.
    Evidence: a task that ended by itself; as the fault ends, how often the kernel held the task back, and words in its
        log that it got no memory.
    Source: Linux, Documentation/admin-guide/cgroup-v2.rst; getrlimit(2).
    """

    name: ClassVar[str] = "memory_pressure"
    target: ClassVar[str] = "service"
    sees: ClassVar[str] = "requests are slow or fail with 500, or the task dies with all that was under way"

    room_mib: int = field(default=0, metadata=between("what it may still get, in MiB, a whole number", 0, 4096))

    @property
    def troubles(self) -> tuple[MemoryCapped]:
        return (MemoryCapped(int(self.room_mib) * _MEBIBYTE),)

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, ProcessExited) and event.component.startswith("task") and not event.expected:
            return f"{event.component} ended with code {event.code}"
        return TaskFault.hit_by(self, event, applied)
