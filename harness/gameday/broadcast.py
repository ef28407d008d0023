"""Draws the living parts of each role's desk once, however many people look at it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from harness.gameday.roles import Role

LOOKS_EVERY_SECONDS = 0.05
"""How often somebody's stream looks whether there is anything new."""

DRAWN_EVERY_SECONDS = 0.1
"""How often a desk is drawn anew, at most, when something happens."""

TICKS_EVERY_SECONDS = 1.0
"""How often it is drawn when nothing happens: its clock goes on."""

Parts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A desk as it was drawn."""

    parts: Parts
    version: int
    """Of what it shows."""
    at: float
    """When, by the loop's own clock."""


class Broadcast:
    """What everybody's event stream carries.

    Args:
        draw: draws the living parts of a role's desk.
        version: grows with whatever is shown.
        monotonic: seconds of a clock.
    """

    def __init__(
        self,
        draw: Callable[[Role], Parts],
        *,
        version: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._draw = draw
        self._version = version
        self._monotonic = monotonic
        self._drawn: dict[Role, Drawn] = {}

    def parts(self, role: Role) -> Parts:
        """Give the parts of a role's desk, drawn anew only where that is worth it."""
        version, now = self._version(), self._monotonic()
        last = self._drawn.get(role)
        if last is not None:
            patience = DRAWN_EVERY_SECONDS if version != last.version else TICKS_EVERY_SECONDS
            if now - last.at < patience:
                return last.parts
        drawn = self._drawn[role] = Drawn(self._draw(role), version, now)
        return drawn.parts

    async def follow(self, role: Role, *, over: Callable[[], bool]) -> AsyncIterator[str]:
        """Give server-sent events: all parts first, then those that changed, until it is over."""
        seen: Parts = {}
        while not over():
            drawn = self.parts(role)
            if drawn is not seen:
                fresh = {name: html for name, html in drawn.items() if seen.get(name) != html}
                seen = drawn
                if fresh:
                    yield message("parts", fresh)
            await asyncio.sleep(LOOKS_EVERY_SECONDS)  # noqa: TID251 - of the wall, for people look at it
        yield message("over", {})


def message(name: str, data: Mapping[str, str]) -> str:
    """Write one server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
