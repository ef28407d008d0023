from __future__ import annotations

import asyncio
from itertools import islice

from harness.gameday.broadcast import DRAWN_EVERY_SECONDS, TICKS_EVERY_SECONDS, Broadcast
from harness.gameday.roles import Role


class Easel:
    """Counts how often a desk is drawn."""

    def __init__(self) -> None:
        self.version, self.seconds, self.drawn = 0, 0.0, 0
        self.broadcast = Broadcast(self.draw, version=lambda: self.version, monotonic=lambda: self.seconds)

    def draw(self, role: Role) -> dict[str, str]:
        self.drawn += 1
        return {"role": role.value, "version": str(self.version)}


def test_desk_is_drawn_once_however_many_look() -> None:
    easel = Easel()
    assert all(easel.broadcast.parts(Role.OBSERVER)["version"] == "0" for _ in range(50))
    assert easel.drawn == 1


def test_desk_of_another_role_is_another() -> None:
    easel = Easel()
    assert easel.broadcast.parts(Role.FACILITATOR) != easel.broadcast.parts(Role.OBSERVER)


def test_desk_is_drawn_anew_soon_after_something_happened_and_not_before() -> None:
    easel = Easel()
    easel.broadcast.parts(Role.OBSERVER)
    easel.version = 1
    easel.seconds += DRAWN_EVERY_SECONDS / 2
    assert easel.broadcast.parts(Role.OBSERVER)["version"] == "0"
    easel.seconds += DRAWN_EVERY_SECONDS
    assert easel.broadcast.parts(Role.OBSERVER)["version"] == "1"


def test_clock_goes_on_though_nothing_happens() -> None:
    easel = Easel()
    easel.broadcast.parts(Role.OBSERVER)
    easel.seconds += TICKS_EVERY_SECONDS / 2
    easel.broadcast.parts(Role.OBSERVER)
    assert easel.drawn == 1
    easel.seconds += TICKS_EVERY_SECONDS
    easel.broadcast.parts(Role.OBSERVER)
    assert easel.drawn == 2


def test_stream_carries_all_parts_first_then_what_changed_and_says_when_it_is_over() -> None:
    easel, over = Easel(), iter([False, False, True])

    async def followed() -> list[str]:
        said = []
        async for message in easel.broadcast.follow(Role.OBSERVER, over=lambda: next(over)):
            said.append(message)
            easel.version += 1
            easel.seconds += TICKS_EVERY_SECONDS
        return said

    assert list(islice(asyncio.run(followed()), 5)) == [
        'event: parts\ndata: {"role": "observer", "version": "0"}\n\n',
        'event: parts\ndata: {"version": "1"}\n\n',
        "event: over\ndata: {}\n\n",
    ]
