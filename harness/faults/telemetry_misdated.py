"""What the service pushes says a wrong time, while its own clock is right."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.durations import duration, spoken
from harness.faults.parameters import lasting, one_of
from harness.faults.standing import StandingFault
from harness.faults.troubles import PushesMisdated


@dataclass(frozen=True, slots=True)
class TelemetryMisdated(StandingFault):
    """Change the timestamps in each push of metrics or logs on its way.

    Unlike clock_skew it works with any service that pushes, whatever it writes that in, and its tasks run on. What says
    no time of its own, as most lines of Influx and of Prometheus' text do not, has none that could be wrong; where that
    is all, the verdict says that nothing was hit.

    Evidence: a push in which a timestamp was changed.
    """

    name: ClassVar[str] = "telemetry_misdated"
    target: ClassVar[str] = "telemetry"

    by: str | timedelta = field(
        default="10m", metadata=lasting("how wrong the timestamps are", timedelta(seconds=10), timedelta(days=1))
    )
    direction: str = field(default="late", metadata=one_of("late, or from the future", "late", "future"))

    @property
    def sees(self) -> str:
        when = "ago" if self.direction == "late" else "from now"
        return f"nothing; but all that is measured now shows on dashboards {spoken(duration(self.by))} {when}"

    @property
    def troubles(self) -> tuple[PushesMisdated]:
        return (PushesMisdated(duration(self.by) * (-1 if self.direction == "late" else 1)),)
