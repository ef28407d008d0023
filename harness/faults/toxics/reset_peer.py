"""The connection is broken off."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.durations import spoken
from harness.faults.toxics.attributes import Duration, milliseconds
from harness.faults.toxics.toxic import Commands, Moment, Reset, Toxic


@dataclass(frozen=True, slots=True)
class ResetPeer(Toxic):
    """Answer the first data, or the end of the stream, with a TCP reset, on open connections too."""

    type: ClassVar[str] = "reset_peer"
    drops_data: ClassVar[bool] = True

    timeout: Duration = field(
        default=timedelta(), metadata=milliseconds("timeout", "how long after it; nothing comes through meanwhile")
    )

    @property
    def sees(self) -> str:
        when = f" after {spoken(self.timeout)}" if self.timeout else ""
        return f"connections are reset by the peer{when}"

    def on_data(self, moment: Moment) -> Commands:
        return (Reset(at=moment.arrived + self.timeout.total_seconds()),)

    def on_end(self, moment: Moment) -> Commands:
        return self.on_data(moment)
