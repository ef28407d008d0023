"""A fault that hurts nothing: the reference, and the proof that such a run is never green."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.events import Event, FaultApplied
from harness.faults.fault import Command, View


@dataclass(frozen=True, slots=True)
class Noop:
    """Change nothing: the reference, and the proof that a run in which nothing was broken is never green."""

    name: ClassVar[str] = "noop"
    target: ClassVar[str] = "nothing"
    sees: ClassVar[str] = "nothing"
    parameters: ClassVar[Mapping[str, Any]] = {}

    def apply(self) -> tuple[Command, ...]:
        return ()

    def heal(self) -> tuple[Command, ...]:
        return ()

    def is_gone(self, view: View) -> bool:  # noqa: ARG002 - there is never anything to be gone
        return True

    def may_end_with(self, event: Event) -> bool:  # noqa: ARG002 - it stands until somebody undoes it
        return False

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:  # noqa: ARG002 - it hits nothing
        return None
