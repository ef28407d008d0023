"""What can be wrong with the site's name: there is no such record, it leads astray, or its server fails or dawdles.

Runs in the stack's loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from harness.events import Event, Hurt
from harness.faults.troubles import NameServerFailing, NameServerSlow, RecordAstray, RecordGone
from harness.ingress.control_plane import Site
from harness.ingress.dns import Manner
from harness.ingress.records import Address, Zone
from harness.stacks.stranger import Stranger

NameTrouble = RecordGone | RecordAstray | NameServerFailing | NameServerSlow


class NameServer(Protocol):
    """What answers from the zone."""

    manner: Manner
    """How it treats those who ask."""


class SomebodyElse(Protocol):
    """Another server than the site's."""

    async def open(self) -> Address:
        """Begin to listen; gives where."""
        ...

    async def close(self) -> None:
        """Stop listening; closing twice is fine."""
        ...


class NameTroubles:
    """Spoils the site's record, or the manners of its name server.

    Who ends a trouble with the record still has to say where the name should lead: that is what restoring the ingress
    does.

    Args:
        site: whose name it is.
        zone: the record's.
        server: what answers from it.
        speed: incident seconds in a wall second.
        record: keeps an event.

    Evidence: RecordChanged; Hurt for each answer that failed or was late.
    """

    def __init__(
        self, site: Site, *, zone: Zone, server: NameServer, speed: float, record: Callable[[Event], object]
    ) -> None:
        self._site = site
        self._zone = zone
        self._server = server
        self._speed = speed
        self._record = record
        self._stranger = self._somebody_else(
            self._noticing(RecordAstray(), "a request that somebody else's server got")
        )
        self._astray: Address | None = None

    async def begin(self, trouble: NameTrouble) -> None:
        """Let it be wrong."""
        manner = self._server.manner
        match trouble:
            case RecordGone():
                self._record(self._zone.remove(self._site.name))
            case RecordAstray():
                self._astray = await self._stranger.open()
                self._record(self._zone.set(self._site.name, self._astray, ttl=self._site.ttl))
            case NameServerFailing():
                self._server.manner = replace(
                    manner, fails=True, noticed=self._noticing(trouble, "a question that was answered SERVFAIL")
                )
            case NameServerSlow(by=by):
                late = by.total_seconds() / self._speed
                noticed = self._noticing(trouble, "a question that was answered late")
                self._server.manner = replace(manner, delay_seconds=late, noticed=noticed)

    async def end(self, trouble: NameTrouble) -> None:
        """Let the name server answer properly again, and nobody else; a record stays as it is."""
        match trouble:
            case RecordAstray():
                await self._stranger.close()
            case NameServerFailing():
                self._server.manner = replace(self._server.manner, fails=False)
            case NameServerSlow():
                self._server.manner = replace(self._server.manner, delay_seconds=0.0)

    def stands(self, trouble: NameTrouble) -> bool:
        """Say whether it is still wrong, by looking at the record or the server."""
        record = self._zone.find(self._site.name)
        match trouble:
            case RecordGone():
                return record is None
            case RecordAstray():
                return record is not None and record.address == self._astray
            case NameServerFailing():
                return self._server.manner.fails
            case NameServerSlow():
                return self._server.manner.delay_seconds > 0

    def _somebody_else(self, visited: Callable[[], object]) -> SomebodyElse:
        return Stranger(visited)

    def _noticing(self, trouble: NameTrouble, what: str) -> Callable[[], object]:
        return lambda: self._record(Hurt(trouble=trouble.name, what=what))
