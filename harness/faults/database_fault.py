"""What faults of the database have in common: the service repeats to its clients what the database said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.standing import StandingFault


@dataclass(frozen=True, slots=True)
class DatabaseFault(StandingFault):
    """A trouble of the database that shows in replies.

    Evidence: a request that failed with the database's own words; where `makes_wait`, one that nobody answered in time.
    """

    target: ClassVar[str] = "database"
    says: ClassVar[tuple[str, ...]] = ()
    """What the database says while it lasts, as it stands in a reply."""
    makes_wait: ClassVar[bool] = False
    """Whether a client may give up before the database says anything."""

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if not isinstance(event, RequestFinished) or event.started < applied.at:
            return StandingFault.hit_by(self, event, applied)
        if any(words in event.error for words in self.says):
            return f"{event.diner} could not {event.operation}: {event.error}"
        if self.makes_wait and (event.cause == "timed out" or event.status == 504):
            return f"{event.diner} waited in vain to {event.operation}"
        return None
