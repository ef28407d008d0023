"""The load balancer was replaced, and DNS still points at the old one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.fault import Command, ReplaceBalancer, RestoreIngress, View
from harness.faults.standing import StandingFault


@dataclass(frozen=True, slots=True)
class StaleDns(StandingFault):
    """Replace the load balancer by another at another address, and leave the record as it is.

    Unlike balancer_missing there is a load balancer, with healthy tasks: only the record is wrong in the console.

    Evidence: a connection refused at the address that the record still gives.
    """

    name: ClassVar[str] = "stale_dns"
    target: ClassVar[str] = "ingress"
    sees: ClassVar[str] = "every request fails with “500: failed to fetch”, though the console is all green"
    troubles: ClassVar[tuple[()]] = ()

    def apply(self) -> tuple[Command, ...]:
        return (ReplaceBalancer(),)

    def heal(self) -> tuple[Command, ...]:
        return (RestoreIngress(),)

    def is_gone(self, view: View) -> bool:
        return bool(view.balancer) and view.record == view.balancer

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, RequestFinished) and event.started >= applied.at and event.cause == "connection refused":
            return f"{event.diner} could not {event.operation}: connection refused at {event.address}"
        return None
