"""The load balancer was replaced, and DNS still points at the old one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.fault import Command, ReplaceBalancer
from harness.faults.lost_balancer import LostBalancer


@dataclass(frozen=True, slots=True)
class StaleDns(LostBalancer):
    """Replace the load balancer by another at another address, and leave the record as it is.

    Unlike balancer_missing there is a load balancer, with healthy tasks: only the record is wrong in the console.

    Evidence: a connection refused at the address that the record still gives.
    """

    name: ClassVar[str] = "stale_dns"
    sees: ClassVar[str] = "every request fails with “500: failed to fetch”, though the console is all green"

    def apply(self) -> tuple[Command, ...]:
        return (ReplaceBalancer(),)
