"""What is done to links as a whole, told as faults: that one listens no more, or leads or listens somewhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.events import Event, FaultApplied, FaultHit, FaultRemoved

DOWN = "down"
"""What it is called in the history that a link listens no more."""

MOVED = "moved"
"""What it is called in the history that a link leads or listens somewhere else than it first did."""

_SEES = {
    DOWN: "whoever calls over this link is refused",
    MOVED: "whoever calls over this link reaches somebody else, or nobody",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link is."""

    listen: str
    """Where it listens."""
    upstream: str
    """Where it leads."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a link stands after a change."""

    place: Place | None
    """Where it listens and leads; None if it does not listen, or is no more."""
    broke_off: int = 0
    """How many connections the change broke off."""
    by: str = "heal"
    """Who changed it."""
    called: str = DOWN
    """What it is called that it does not listen, if that is so; a scenario's own begins like its toxics."""


@dataclass(slots=True)
class _Fault:
    kind: str
    id: str
    place: Place | None
    hits: int


class Outages:
    """Tells which links are down or moved, from when each first listened.

    Args:
        record: given an event when such a fault begins, breaks something off, and ends.
    """

    def __init__(self, record: Callable[[Event], object]) -> None:
        self._record = record
        self._homes: dict[str, Place] = {}
        self._faults: dict[tuple[str, str], _Fault] = {}

    def look(self, link: str, standing: Standing) -> None:
        """Note how a link stands now; what has never listened is no loss.

        Evidence: FaultApplied, FaultHit if connections broke off, FaultRemoved.
        """
        place = standing.place
        if place is None:
            if link in self._homes and (link, DOWN) not in self._faults:
                self._begin(DOWN, link, standing)
            return
        home = self._homes.setdefault(link, place)
        self._end(DOWN, link, by=standing.by)
        moved = self._faults.get((link, MOVED))
        if moved is not None and moved.place != place:
            self._end(MOVED, link, by=standing.by)
        if place != home and (link, MOVED) not in self._faults:
            self._begin(MOVED, link, standing)

    def close(self) -> None:
        """Tell that all is over, because the links are."""
        for link, kind in tuple(self._faults):
            self._end(kind, link, by="heal")

    def _begin(self, kind: str, link: str, standing: Standing) -> None:
        name = standing.called if kind == DOWN else kind
        fault = self._faults[link, kind] = _Fault(kind, f"{link}/{name}", standing.place, standing.broke_off)
        place = standing.place
        where = {} if place is None else {"listen": place.listen, "upstream": place.upstream}
        self._record(FaultApplied(fault=kind, id=fault.id, target=link, sees=_SEES[kind], parameters=where))
        if fault.hits:
            evidence = f"connections to the {link} that were open and broke off: {fault.hits}"
            self._record(FaultHit(fault=kind, id=fault.id, evidence=evidence))

    def _end(self, kind: str, link: str, *, by: str) -> None:
        fault = self._faults.pop((link, kind), None)
        if fault is not None:
            self._record(FaultRemoved(fault=kind, id=fault.id, by=by, hits=fault.hits))
