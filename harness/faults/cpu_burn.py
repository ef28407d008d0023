"""The service has to share its processor with programs that do nothing but burn time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.faults.parameters import between
from harness.faults.standing import StandingFault
from harness.faults.troubles import ProcessorTaken


@dataclass(frozen=True, slots=True)
class CpuBurn(StandingFault):
    """Pin the longest-lived task of the service to one processor, beside rivals that take all the time they get.

    The task is left with one part in `rivals` + 1 of that processor, by the system's fair scheduling: nothing is
    reniced, and every other process keeps all processors. Where processes cannot be pinned (macOS), the rivals compete
    with everything on the machine. A rival ends by itself after ten minutes of the wall. A task that replaces the
    pinned one is not pinned.

    Evidence: the processor time that the rivals had, measured as the fault ends.
    """

    name: ClassVar[str] = "cpu_burn"
    target: ClassVar[str] = "service"
    sees: ClassVar[str] = "everything takes longer, log-ins most: passwords are hashed"

    rivals: int = field(default=3, metadata=between("programs that burn time, a whole number", 1, 16))

    @property
    def troubles(self) -> tuple[ProcessorTaken]:
        return (ProcessorTaken(self.rivals),)
