"""A connection takes long to become useful."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.durations import spoken
from harness.faults.toxics.attributes import Duration, milliseconds
from harness.faults.toxics.toxic import Commands, Moment, Pass, Toxic


@dataclass(frozen=True, slots=True)
class SlowOpen(Toxic):
    """Hold everything back until the connection has been open for a while, and nothing after that.

    The TCP handshake itself is the kernel's and stays quick. Toxiproxy has no such toxic.
    """

    type: ClassVar[str] = "slow_open"
    is_ours: ClassVar[bool] = True

    delay: Duration = field(
        default=timedelta(), metadata=milliseconds("delay", "how long, from when the toxic and the connection met")
    )

    @property
    def sees(self) -> str:
        return f"connections carry nothing for their first {spoken(self.delay)}"

    def on_data(self, moment: Moment) -> Commands:
        return (Pass(at=moment.began + self.delay.total_seconds()),)

    def on_end(self, moment: Moment) -> Commands:
        return self.on_data(moment)
