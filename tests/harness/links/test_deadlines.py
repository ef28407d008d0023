from __future__ import annotations

import asyncio
import time

from harness.links.deadlines import Deadlines
from tests.harness.links.sockets import on_both_loops


async def fired(deadlines: Deadlines, *instants: float) -> list[tuple[float, float]]:
    """Add deadlines and give, for each in the order in which they fired, when it was due and when it fired."""
    done, seen = asyncio.get_running_loop().create_future(), []

    def fire(due: float, now: float) -> None:
        seen.append((due, now))
        if len(seen) == len(instants):
            done.set_result(None)

    for due in instants:
        deadlines.add(due, lambda now, due=due: fire(due, now))  # type: ignore[misc]
    await done
    return seen


@on_both_loops
async def test_deadlines_fire_in_order_and_never_early() -> None:
    deadlines = Deadlines(now=time.monotonic, speed=1.0, loop=asyncio.get_running_loop())
    began = time.monotonic()
    seen = await fired(deadlines, *(began + wait / 10_000 for wait in (97, 3, 41, 42, 43, 44, 45, 46, 47, 11)))
    assert [due for due, _ in seen] == sorted(due for due, _ in seen)
    assert all(now >= due for due, now in seen)


@on_both_loops
async def test_deadlines_at_speed_are_reached_sooner() -> None:
    deadlines = Deadlines(now=lambda: time.monotonic() * 20, speed=20.0, loop=asyncio.get_running_loop())
    began = time.monotonic()
    await fired(deadlines, began * 20 + 4)
    assert 0.2 <= time.monotonic() - began < 4


@on_both_loops
async def test_deadlines_closed_fire_no_more() -> None:
    deadlines = Deadlines(now=time.monotonic, speed=1.0, loop=asyncio.get_running_loop())
    deadlines.add(time.monotonic() + 0.001, lambda _: forgotten.append(1))
    forgotten: list[int] = []
    deadlines.close()
    await fired(deadlines, time.monotonic() + 0.003)
    assert forgotten == []
