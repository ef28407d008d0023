"""Data arrives late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.durations import spoken
from harness.faults.toxics.attributes import Duration, milliseconds
from harness.faults.toxics.toxic import Commands, Moment, Pass, Toxic


@dataclass(frozen=True, slots=True)
class Latency(Toxic):
    """Hold each piece of data for a while, counted from when it came, so that throughput does not suffer."""

    type: ClassVar[str] = "latency"
    most_held_bytes: ClassVar[int] = 32 * 1024 * 1024  # Toxiproxy's 1,024 chunks of 32 KB

    latency: Duration = field(default=timedelta(), metadata=milliseconds("latency", "how late data comes"))
    jitter: Duration = field(
        default=timedelta(),
        metadata=milliseconds("jitter", "how much longer or shorter at most; order is kept all the same"),
    )

    @property
    def sees(self) -> str:
        spread = f", give or take {spoken(self.jitter)}" if self.jitter else ""
        return f"every piece of data arrives {spoken(self.latency)} late{spread}"

    def on_data(self, moment: Moment) -> Commands:
        spread = max(0.0, self.jitter.total_seconds())
        delay = self.latency.total_seconds() + (moment.rng.uniform(-spread, spread) if spread else 0.0)
        return (Pass(at=moment.arrived + delay),)
