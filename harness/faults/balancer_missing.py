"""The load balancer is gone, and DNS still points at it: the outage of 2024-12-01."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.fault import Command, RemoveBalancer, RestoreIngress, View


@dataclass(frozen=True, slots=True)
class BalancerMissing:
    """Remove the load balancer and leave the DNS record as it is.

    It is gone when the record points at a load balancer that exists: to create one is not enough.

    Cleanup: creates a load balancer if there is none, and updates the record.
    Evidence: a connection refused at the address that the record still gives.
    """

    name: ClassVar[str] = "balancer_missing"
    target: ClassVar[str] = "ingress"
    sees: ClassVar[str] = "every request fails with “500: failed to fetch”: the connection is refused"
    parameters: ClassVar[Mapping[str, Any]] = {}

    def apply(self) -> tuple[Command, ...]:
        return (RemoveBalancer(),)

    def heal(self) -> tuple[Command, ...]:
        return (RestoreIngress(),)

    def is_gone(self, view: View) -> bool:
        return bool(view.balancer) and view.record == view.balancer

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, RequestFinished) and event.started >= applied.at and event.cause == "connection refused":
            return f"{event.diner} could not {event.operation}: connection refused at {event.address}"
        return None
