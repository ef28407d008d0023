"""What can be wrong on the way of what the service pushes: it is turned away, dawdles, gets lost, or is spoilt.

Runs in the stack's loop, before the sink that reads and keeps the pushes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from harness.clock import Clock
from harness.events import Event, Hurt
from harness.faults.troubles import PushesDelayed, PushesLost, PushesMisdated, PushesRefused, PushesSpoiled
from harness.telemetry.sink import Reply
from harness.telemetry.spoiling import Spoiler, misdate

PushTrouble = PushesRefused | PushesDelayed | PushesLost | PushesSpoiled | PushesMisdated

LOST = Reply(200, b"{}", "application/json")
"""What a service is told whose push is not kept; those of the course read no more of it than the status."""


class TelemetryTroubles:
    """Stands between the service and the sink.

    Args:
        clock: the scenario's.
        record: keeps an event.
        max_bytes: how large a push may be, packed and unpacked.

    Evidence: Hurt for each push that was refused, late, lost or changed.
    """

    def __init__(self, *, clock: Clock, record: Callable[[Event], object], max_bytes: int) -> None:
        self._clock = clock
        self._record = record
        self._max_bytes = max_bytes
        self._standing: dict[type[PushTrouble], PushTrouble] = {}
        self._spoiler = Spoiler("no_points")
        self._in_time = asyncio.Event()
        """Set once nothing is to be late any more."""

    async def begin(self, trouble: PushTrouble) -> None:
        """Let it be wrong from the next push on."""
        if isinstance(trouble, PushesSpoiled):
            self._spoiler = Spoiler(trouble.how)
        if isinstance(trouble, PushesDelayed):
            self._in_time.clear()
        self._standing[type(trouble)] = trouble

    async def end(self, trouble: PushTrouble) -> None:
        """Let pushes through again, those that wait among them."""
        self._standing.pop(type(trouble), None)
        if isinstance(trouble, PushesDelayed):
            self._in_time.set()

    def stands(self, trouble: PushTrouble) -> bool:
        """Say whether it is still wrong."""
        return type(trouble) in self._standing

    async def admit(self, body: bytes, precision: str = "ns") -> bytes | Reply:
        """Do to a push what is to be done: delays first, then what turns it away, then what changes it.

        Args:
            body: as it was sent.
            precision: the unit of timestamps in Influx lines.
        """
        if delayed := self._standing.get(PushesDelayed):
            await self._wait(delayed)
        for trouble in tuple(self._standing.values()):
            match trouble:
                case PushesRefused(status=status):
                    self._hurt(trouble, f"a push that was answered {status}")
                    return Reply(status, b"pizza-chaos refuses this push", "text/plain; charset=utf-8")
                case PushesLost():
                    self._hurt(trouble, "a push that was answered, and not kept")
                    return LOST
        return self._changed(body, precision)

    async def _wait(self, trouble: PushTrouble) -> None:
        assert isinstance(trouble, PushesDelayed)
        self._hurt(trouble, "a push that was taken late")
        seconds = trouble.by.total_seconds() / self._clock.speed
        try:
            await asyncio.wait_for(self._in_time.wait(), seconds)
        except TimeoutError:
            return

    def _changed(self, body: bytes, precision: str) -> bytes:
        for trouble in tuple(self._standing.values()):
            changed = 0
            match trouble:
                case PushesSpoiled():
                    body, changed = self._spoiler.spoil(body, max_bytes=self._max_bytes)
                case PushesMisdated(by=by):
                    body, changed = misdate(
                        body, by_seconds=by.total_seconds(), max_bytes=self._max_bytes, precision=precision
                    )
            if changed:
                self._hurt(trouble, f"a push in which {changed} values were changed")
        return body

    def _hurt(self, trouble: PushTrouble, what: str) -> None:
        self._record(Hurt(trouble=trouble.name, what=what))
