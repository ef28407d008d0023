"""The service's clock is wrong: what it says of the time, others do not believe."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.durations import duration, spoken
from harness.events import Event, FaultApplied, MetricsReceived
from harness.faults.fault import Command, ReplaceTasks
from harness.faults.parameters import lasting, one_of
from harness.faults.standing import StandingFault
from harness.faults.troubles import ClockSkewed


@dataclass(frozen=True, slots=True)
class ClockSkew(StandingFault):
    """Start the tasks of the bundled service anew with a clock that is wrong; a service of one's own is left as it is.

    Evidence: a push whose newest sample is that far, or at least half as far, from the time at which it came.
    """

    name: ClassVar[str] = "clock_skew"
    target: ClassVar[str] = "service"

    by: str | timedelta = field(
        default="10m", metadata=lasting("how wrong the clock is", timedelta(seconds=10), timedelta(days=1))
    )
    direction: str = field(default="behind", metadata=one_of("which way", "ahead", "behind"))

    @property
    def sees(self) -> str:
        return f"nothing; but all that the service reports is dated {spoken(duration(self.by))} {self._way}"

    @property
    def troubles(self) -> tuple[ClockSkewed]:
        return (ClockSkewed(self._offset),)

    def apply(self) -> tuple[Command, ...]:
        return (*StandingFault.apply(self), ReplaceTasks())

    def heal(self) -> tuple[Command, ...]:
        return (*StandingFault.heal(self), ReplaceTasks())

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:  # noqa: ARG002 - no other push is dated so
        if isinstance(event, MetricsReceived) and abs(event.newest - event.at) >= abs(self._offset) / 2:
            return f"a push of {event.source} that came at {event.at:%H:%M:%S} and is dated {event.newest:%H:%M:%S}"
        return None

    @property
    def _offset(self) -> timedelta:
        return duration(self.by) * (1 if self.direction == "ahead" else -1)

    @property
    def _way(self) -> str:
        return "too late" if self.direction == "ahead" else "too early"
