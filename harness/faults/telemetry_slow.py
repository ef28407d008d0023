"""Where the service pushes its telemetry, everything takes long."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.durations import duration, spoken
from harness.faults.parameters import lasting
from harness.faults.standing import StandingFault
from harness.faults.troubles import PushesDelayed


@dataclass(frozen=True, slots=True)
class TelemetrySlow(StandingFault):
    """Take each push of metrics or logs late, whether or not the service still waits for the answer.

    Samples keep the time at which they were measured, so dashboards fill in later; alert rules looked before that.

    Evidence: a push that was taken late.
    """

    name: ClassVar[str] = "telemetry_slow"
    target: ClassVar[str] = "telemetry"

    by: str | timedelta = field(
        default="20s", metadata=lasting("how late pushes are taken", timedelta(seconds=1), timedelta(minutes=10))
    )

    @property
    def sees(self) -> str:
        return f"nothing, unless the service waits for its telemetry; dashboards are {spoken(duration(self.by))} behind"

    @property
    def troubles(self) -> tuple[PushesDelayed]:
        return (PushesDelayed(duration(self.by)),)
