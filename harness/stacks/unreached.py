"""What shows that a link hurt whom it no longer served, when somebody disabled, deleted or moved it through the API.

A connection that the kernel refuses is seen by nobody but the service, and told by what its diners get for a reply.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from harness.events import Event, FaultApplied, FaultHit, FaultRemoved, RequestFinished
from harness.faults.link_down import LinkDown
from harness.faults.on_link import LINKS
from harness.links.outages import DOWN, MOVED


class Unreached:
    """Counts requests that failed because the service reached nobody over such a link, as hits of what was done to it.

    Args:
        record: keeps an event.

    Evidence: FaultHit, unless the link broke something off as it went; and more hits of FaultRemoved.
    """

    def __init__(self, record: Callable[[Event], object]) -> None:
        self._record = record
        self._standing: dict[str, FaultApplied] = {}
        self._failed: Counter[str] = Counter()
        self._hit: set[str] = set()

    def record(self, event: Event) -> None:
        """Keep what links say; at the end of such a fault with those that it made fail."""
        if isinstance(event, FaultRemoved) and event.id in self._failed:
            event = msgspec.structs.replace(event, hits=event.hits + self._failed[event.id])
        self._record(event)

    def hear(self, event: Event) -> None:
        """Take note of one event, as it was recorded."""
        match event:
            case FaultApplied() if event.fault in (DOWN, MOVED) and event.target in LINKS:
                self._standing[event.id] = event
            case FaultHit(id=fault):
                self._hit.add(fault)
            case FaultRemoved(id=fault):
                self._standing.pop(fault, None)
                self._failed.pop(fault, None)
                self._hit.discard(fault)
            case RequestFinished() if self._standing:
                self._look(event)

    def _look(self, request: RequestFinished) -> None:
        for applied in tuple(self._standing.values()):
            evidence = LinkDown(applied.target).hit_by(request, applied)
            if evidence is None:
                continue
            self._failed[applied.id] += 1
            if applied.id not in self._hit:
                self._record(FaultHit(fault=applied.fault, id=applied.id, evidence=evidence))
