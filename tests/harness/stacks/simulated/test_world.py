# ruff: noqa: TID251 - on a virtual loop sleeping takes no time
import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from harness.clock import VirtualClock
from harness.errors import HarnessError
from harness.events import Event, HarnessTroubled
from harness.stacks.simulated.model import Model
from harness.stacks.simulated.world import World

BEGINS = datetime(2024, 12, 1, tzinfo=UTC)


@pytest.fixture
def recorded() -> list[Event]:
    return []


@pytest.fixture
def world(recorded: list[Event]) -> Iterator[World]:
    made = World(VirtualClock(BEGINS), seed=1, model=Model(), record=recorded.append)
    made.open()
    yield made
    made.close()


def live(world: World, seconds: float) -> list[float]:
    """Live for a while with a glance every ten seconds, and give when those were."""
    glances: list[float] = []
    world.live(
        timedelta(seconds=seconds), glance=lambda: glances.append(world.loop.time()), every=timedelta(seconds=10)
    )
    return glances


def test_world_that_lives_moves_its_clock_to_the_instant(world: World) -> None:
    assert live(world, 25) == [10, 20, 25]
    assert world.clock.now() == BEGINS + timedelta(seconds=25)


def test_world_asked_to_live_for_less_than_nothing_stays_where_it_is(world: World) -> None:
    assert live(world, -5) == []
    assert world.clock.now() == BEGINS


async def _fails() -> None:
    await asyncio.sleep(1)
    raise ValueError("no flour")


def test_coroutine_that_fails_unheard_ends_the_wait_and_is_recorded(world: World, recorded: list[Event]) -> None:
    world.background.run("the baker", _fails())
    with pytest.raises(HarnessError, match="the baker: ValueError: no flour"):
        live(world, 60)
    assert world.loop.time() == 10
    assert [(event.where, event.error) for event in recorded if isinstance(event, HarnessTroubled)] == [
        ("the baker", "ValueError: no flour")
    ]


def test_callback_that_fails_unheard_ends_the_wait(world: World) -> None:
    world.loop.call_later(1, [].pop)
    with pytest.raises(HarnessError, match="IndexError"):
        live(world, 60)


def test_world_in_trouble_may_still_settle_and_close(world: World) -> None:
    world.background.run("the baker", _fails())
    world.settle(5)
    world.close()
    world.close()
    assert not world.is_open


def test_each_part_of_a_world_has_a_chance_of_its_own(world: World) -> None:
    assert world.chance("diner-1").random() == world.chance("diner-1").random() != world.chance("diner-2").random()


def test_what_is_repeated_happens_at_once_and_every_so_often(world: World) -> None:
    times: list[float] = []
    world.repeat("the clockwork", lambda: times.append(world.loop.time()), every=timedelta(seconds=10))
    live(world, 25)
    assert times == [0, 10, 20]


def test_what_is_repeated_and_fails_is_noted_and_not_done_again(world: World, recorded: list[Event]) -> None:
    def fails() -> None:
        raise ValueError("no flour")

    world.repeat("the clockwork", fails, every=timedelta(seconds=1))
    with pytest.raises(HarnessError, match="the clockwork: ValueError: no flour"):
        live(world, 25)
    assert len(recorded) == 1
