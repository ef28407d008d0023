"""The factory's process is gone, and everything it only remembered with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.standing import StandingFault
from harness.faults.troubles import FactoryDown


@dataclass(frozen=True, slots=True)
class FactoryKilled(StandingFault):
    """Kill the factory with SIGKILL; healing starts it again at the same address, without its chaos, with a new key.

    Pizzas that it made before do not verify afterwards.

    Evidence: an order that failed with “fetch failed”; a diner who could not reach the factory to verify a pizza.
    """

    name: ClassVar[str] = "factory_killed"
    target: ClassVar[str] = "factory"
    sees: ClassVar[str] = "every order fails with “fetch failed”, and no pizza can be verified"
    troubles: ClassVar[tuple[FactoryDown]] = (FactoryDown(),)

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if not isinstance(event, RequestFinished) or event.started < applied.at:
            return None
        if event.error.endswith("fetch failed"):
            return f"{event.diner}'s order: {event.error}"
        is_refused = event.operation == "verify the pizza" and event.cause == "connection refused"
        return f"{event.diner} could not {event.operation}: {event.cause}" if is_refused else None
