"""What faults have in common that leave DNS at an address where no load balancer is any more."""

from __future__ import annotations

from typing import ClassVar

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.fault import Command, RestoreIngress, View
from harness.faults.standing import StandingFault


class LostBalancer(StandingFault):
    """A fault that is gone when the record points at a load balancer that exists: to create one is not enough.

    Cleanup: creates a load balancer if there is none, and updates the record.
    Evidence: a connection refused at the address that the record still gives.
    """

    __slots__ = ()

    target: ClassVar[str] = "ingress"
    troubles: ClassVar[tuple[()]] = ()

    def heal(self) -> tuple[Command, ...]:
        return (RestoreIngress(),)

    def is_gone(self, view: View) -> bool:
        return bool(view.balancer) and view.record == view.balancer

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, RequestFinished) and event.started >= applied.at and event.cause == "connection refused":
            return f"{event.diner} could not {event.operation}: connection refused at {event.address}"
        return None
