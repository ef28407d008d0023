"""Every other request goes to a task that is dead, because health checks look somewhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.standing import StandingFault
from harness.faults.troubles import TargetsHalfDead


@dataclass(frozen=True, slots=True)
class HalfOfTasksUnhealthy(StandingFault):
    """For each healthy task let the load balancer forward to another that refuses, which no health check notices.

    Evidence: a request that the load balancer answered with 502.
    """

    name: ClassVar[str] = "half_of_tasks_unhealthy"
    target: ClassVar[str] = "ingress"
    sees: ClassVar[str] = "every other request gets “502 Bad Gateway”"
    troubles: ClassVar[tuple[TargetsHalfDead]] = (TargetsHalfDead(),)

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, RequestFinished) and event.started >= applied.at and event.status == 502:
            return f"{event.diner} could not {event.operation}: {event.error}"
        return None
