"""The load balancer stands, and forwards to nobody: a target group that was never attached, or a closed port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.standing import StandingFault
from harness.faults.troubles import TargetsWithheld


@dataclass(frozen=True, slots=True)
class BalancerWithoutTargets(StandingFault):
    """Let the load balancer know of no target; the tasks behind it are well, and pass their health checks.

    Evidence: a request that the load balancer answered with 503.
    """

    name: ClassVar[str] = "balancer_without_targets"
    target: ClassVar[str] = "ingress"
    sees: ClassVar[str] = "every request gets “503 Service Temporarily Unavailable”"
    troubles: ClassVar[tuple[TargetsWithheld]] = (TargetsWithheld(),)

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, RequestFinished) and event.started >= applied.at and event.status == 503:
            return f"{event.diner} could not {event.operation}: {event.error}"
        return None
