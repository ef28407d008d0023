"""Nothing listens any more where the service expects its factory, its telemetry or its database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.on_link import LINKS
from harness.faults.parameters import one_of
from harness.faults.standing import StandingFault
from harness.faults.troubles import LinkCut

_SEES = {
    "factory": "every order fails with “fetch failed”",
    "telemetry": "nothing: diners do not notice, and dashboards run empty",
    "database": "the menu and log-ins fail, and whoever is logged in is told “unauthorized”",
}

_SAYS = {"factory": ("fetch failed",), "database": ("ECONNREFUSED", "unauthorized")}
"""What a reply says that comes from a service which could not reach the other end; a session that it cannot look up is
none to it, and some services never say why."""


@dataclass(frozen=True, slots=True)
class LinkDown(StandingFault):
    """Let a link refuse connections, and break off those that are open; only your own service has a `database` link.

    Evidence: an open connection that broke off; a request that failed because the service reached nobody.
    """

    name: ClassVar[str] = "link_down"
    target: ClassVar[str] = "link"

    link: str = field(default="factory", metadata=one_of("which link", *LINKS))

    @property
    def sees(self) -> str:
        return _SEES[self.link]

    @property
    def troubles(self) -> tuple[LinkCut]:
        return (LinkCut(self.link),)

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        says = _SAYS.get(self.link)
        if says and isinstance(event, RequestFinished) and event.started >= applied.at:
            is_told = any(words in event.error for words in says)
            return f"{event.diner} could not {event.operation}: {event.error}" if is_told else None
        return StandingFault.hit_by(self, event, applied)
