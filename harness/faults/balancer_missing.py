"""The load balancer is gone, and DNS still points at it: the outage of 2024-12-01."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.fault import Command, RemoveBalancer
from harness.faults.lost_balancer import LostBalancer


@dataclass(frozen=True, slots=True)
class BalancerMissing(LostBalancer):
    """Remove the load balancer and leave the DNS record as it is.

    It is gone when the record points at a load balancer that exists: to create one is not enough.

    Cleanup: creates a load balancer if there is none, and updates the record.
    Evidence: a connection refused at the address that the record still gives.
    """

    name: ClassVar[str] = "balancer_missing"
    sees: ClassVar[str] = "every request fails with “500: failed to fetch”: the connection is refused"

    def apply(self) -> tuple[Command, ...]:
        return (RemoveBalancer(),)
