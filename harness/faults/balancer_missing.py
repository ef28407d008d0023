"""The load balancer is gone, and DNS still points at it: the outage of 2024-12-01."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.fault import Command, RemoveBalancer, RestoreIngress, View


@dataclass(frozen=True, slots=True)
class BalancerMissing:
    """Remove the load balancer and leave the DNS record as it is.

    Evidence: a connection refused at the address that the record still gives.
    """

    name: str = "balancer_missing"
    target: str = "ingress"
    sees: str = "every request fails with “500: failed to fetch”: the connection is refused"
    parameters: Mapping[str, Any] = field(default_factory=dict)

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
