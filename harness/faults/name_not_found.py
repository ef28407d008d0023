"""The site's name is gone from DNS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.fault import Command, RestoreIngress, View
from harness.faults.standing import StandingFault
from harness.faults.troubles import RecordGone


@dataclass(frozen=True, slots=True)
class NameNotFound(StandingFault):
    """Take the site's record out of DNS; whoever asks is told NXDOMAIN.

    Who is connected, or still believes an older answer, notices nothing: let diners arrive.

    Evidence: a request that failed because the name was not found.
    """

    name: ClassVar[str] = "name_not_found"
    target: ClassVar[str] = "ingress"
    sees: ClassVar[str] = "“500: failed to fetch” for whoever comes anew; who is connected goes on"
    troubles: ClassVar[tuple[RecordGone]] = (RecordGone(),)

    def heal(self) -> tuple[Command, ...]:
        return (*StandingFault.heal(self), RestoreIngress())

    def is_gone(self, view: View) -> bool:
        return bool(view.balancer) and view.record == view.balancer

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, RequestFinished) and event.started >= applied.at and event.cause == "name not found":
            return f"{event.diner} could not {event.operation}: {event.cause}"
        return None
