"""The service gets no more memory than it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.events import Event, FaultApplied, ProcessExited
from harness.faults.fault import Command, RestoreTasks, View
from harness.faults.parameters import between
from harness.faults.standing import StandingFault
from harness.faults.troubles import MemoryCapped

_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class MemoryPressure(StandingFault):
    """Limit the memory of the longest-lived task of the service to what it has, and `room_mib` more.

    The limits are RLIMIT_AS and RLIMIT_DATA of the one process, so that nothing else on the machine suffers. Only
    Linux lets another process set them; elsewhere the fault is refused. What a service makes of it is its own: the
    bundled one fails requests, and may push no more metrics; one that needs no more memory goes on as if nothing were,
    and the verdict then says that nothing was hit.

    Evidence: a task that ended by itself; words in its log that it got no memory, counted as the fault ends.
    """

    name: ClassVar[str] = "memory_pressure"
    target: ClassVar[str] = "service"
    sees: ClassVar[str] = "more and more requests fail with 500, or the task dies with all that was under way"

    room_mib: int = field(default=0, metadata=between("what it may still get, in MiB, a whole number", 0, 4096))

    @property
    def troubles(self) -> tuple[MemoryCapped]:
        return (MemoryCapped(int(self.room_mib) * _MEBIBYTE),)

    def heal(self) -> tuple[Command, ...]:
        return (*StandingFault.heal(self), RestoreTasks())

    def is_gone(self, view: View) -> bool:
        return StandingFault.is_gone(self, view) and view.missing_tasks == 0

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, ProcessExited) and event.component.startswith("task") and not event.expected:
            return f"{event.component} ended with code {event.code}"
        return StandingFault.hit_by(self, event, applied)
