"""A toxic that spoils nothing: the reference, and the proof that nothing was hit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.toxics.toxic import Toxic


@dataclass(frozen=True, slots=True)
class Noop(Toxic):
    """Let everything through."""

    type: ClassVar[str] = "noop"

    @property
    def sees(self) -> str:
        return "nothing"
