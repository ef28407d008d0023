"""The service looks for its factory under a name that DNS does not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.fault import Command, ReplaceTasks
from harness.faults.standing import StandingFault
from harness.faults.troubles import FactoryNameUnknown


@dataclass(frozen=True, slots=True)
class FactoryNameNotFound(StandingFault):
    """Start the tasks of the bundled service anew with a factory at `pizza-factory.invalid`, which no DNS ever knows.

    What the service finds its factory by is part of its settings, so the tasks are replaced, one after another, when it
    begins and when it is healed. A service of one's own is left as it is, and the verdict then says that nothing was
    hit.

    Evidence: an order that failed with “fetch failed”.
    Source: RFC 6761, section 6.4: names under `invalid` do not exist.
    """

    name: ClassVar[str] = "factory_name_not_found"
    target: ClassVar[str] = "factory"
    sees: ClassVar[str] = "every order fails with “fetch failed”, and pizzas of before still verify"
    troubles: ClassVar[tuple[FactoryNameUnknown]] = (FactoryNameUnknown(),)

    def apply(self) -> tuple[Command, ...]:
        return (*StandingFault.apply(self), ReplaceTasks())

    def heal(self) -> tuple[Command, ...]:
        return (*StandingFault.heal(self), ReplaceTasks())

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, RequestFinished) and event.started >= applied.at and event.error.endswith("fetch failed"):
            return f"{event.diner}'s order: {event.error}"
        return None
