"""The connection is cut in the middle of what it carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.faults.toxics.attributes import whole
from harness.faults.toxics.toxic import Close, Commands, Moment, Pass, Toxic


@dataclass(frozen=True, slots=True)
class LimitData(Toxic):
    """Let so many bytes through on each connection, then close it."""

    type: ClassVar[str] = "limit_data"
    drops_data: ClassVar[bool] = True

    limit_bytes: int = field(
        default=0, metadata=whole("bytes", "how many; the count survives a change of the limit", unit="bytes")
    )

    @property
    def sees(self) -> str:
        return f"connections close after {self.limit_bytes} bytes"

    def on_data(self, moment: Moment) -> Commands:
        left = self.limit_bytes - moment.passed_bytes
        if left <= 0:
            return (Close(),)
        return (Pass(min(left, moment.size_bytes)),)

    def on_silence(self, moment: Moment) -> Commands:
        is_reached = 0 < self.limit_bytes <= moment.passed_bytes
        return (Close(),) if is_reached else ()
