from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from harness.links.deadlines import MOST_EARLY_SECONDS, MOST_LOOKS, Deadlines
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


class Scripted:
    """A clock, and an alarm that rings as late after what it was set to as it is told."""

    def __init__(self, late_seconds: float) -> None:
        self.time = 0.0
        self.late_seconds = late_seconds
        self.looks = 0
        self.look_seconds = 1e-6
        self.waits: list[float] = []

    def now(self) -> float:
        self.looks += 1
        self.time += self.look_seconds  # as a look at a clock takes
        return self.time

    def alarm(self, _loop: object, ring: Callable[[], None]) -> Scripted:
        self.ring = ring
        return self

    def set(self, wait_seconds: float) -> None:
        self.waits.append(wait_seconds)

    def close(self) -> None:
        """Have nothing to close."""

    def wait(self) -> None:
        """Let the time of the alarm come."""
        self.time += self.waits[-1] + self.late_seconds
        self.ring()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    made = Scripted(late_seconds=0.0001)
    monkeypatch.setattr("harness.links.deadlines.alarm", made.alarm)
    return made


def lateness(deadlines: Deadlines, scripted: Scripted) -> float:
    """Let a deadline 50 ms ahead come, and say by how much it was missed."""
    fired: list[float] = []
    due = scripted.time + 0.05
    deadlines.add(due, fired.append)
    while not fired:
        scripted.wait()
    return fired[0] - due


def test_deadlines_whose_alarm_is_always_late_learn_to_be_in_time_and_are_never_early(
    scripted: Scripted, loop: asyncio.AbstractEventLoop
) -> None:
    deadlines = Deadlines(now=scripted.now, speed=1.0, loop=loop)
    late = [lateness(deadlines, scripted) for _ in range(100)]
    assert late[0] == pytest.approx(0.0001, abs=0.00001)
    assert max(late[60:]) < 0.00001
    assert min(late) >= 0


def test_deadlines_whose_alarm_is_suddenly_quick_wait_awake_for_little_and_are_not_early(
    scripted: Scripted, loop: asyncio.AbstractEventLoop
) -> None:
    deadlines = Deadlines(now=scripted.now, speed=1.0, loop=loop)
    scripted.late_seconds = 1.0
    for _ in range(200):
        lateness(deadlines, scripted)
    assert scripted.waits[-1] == pytest.approx(0.05 - MOST_EARLY_SECONDS, abs=0.00001)
    scripted.late_seconds, scripted.looks = 0.0, 0
    assert 0 <= lateness(deadlines, scripted) < 0.00001
    assert scripted.looks * scripted.look_seconds <= MOST_EARLY_SECONDS + 0.00001
    assert scripted.waits[-1] == pytest.approx(0.05 - MOST_EARLY_SECONDS, abs=0.00001)
    scripted.looks = 0
    assert 0 <= lateness(deadlines, scripted) < 0.00001
    assert scripted.looks < 10  # it was in time once, so nothing is waited for awake


def test_deadlines_of_a_clock_that_has_stopped_are_looked_at_again_later(
    scripted: Scripted, loop: asyncio.AbstractEventLoop
) -> None:
    deadlines = Deadlines(now=scripted.now, speed=1.0, loop=loop)
    for _ in range(100):
        lateness(deadlines, scripted)
    fired: list[float] = []
    deadlines.add(scripted.time + 0.05, fired.append)
    scripted.time += scripted.waits[-1]
    scripted.looks, scripted.look_seconds = 0, 0.0
    scripted.ring()
    assert fired == []
    assert scripted.looks < 2 * MOST_LOOKS
    assert scripted.waits[-1] > 0
