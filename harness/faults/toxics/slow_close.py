"""The end of a connection is noticed late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.durations import spoken
from harness.faults.toxics.attributes import Duration, milliseconds
from harness.faults.toxics.toxic import Commands, Moment, Pass, Toxic


@dataclass(frozen=True, slots=True)
class SlowClose(Toxic):
    """Let data through and hold back only the end of the stream."""

    type: ClassVar[str] = "slow_close"

    delay: Duration = field(default=timedelta(), metadata=milliseconds("delay", "how late the end comes"))

    @property
    def sees(self) -> str:
        return f"connections close {spoken(self.delay)} late"

    def on_end(self, moment: Moment) -> Commands:
        return (Pass(at=moment.arrived + self.delay.total_seconds()),)
