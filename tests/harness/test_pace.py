"""One pace file, read by the harness, the load and both twins: all of them agree on what time it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fake_factory.pace import Pace as FactoryPace
from fake_factory.runtime import WallRuntime as FactoryRuntime
from harness.clock import WallClock
from harness.errors import ScenarioError
from harness.load.steady import SteadyTime
from harness.pace import NOTICED_WITHIN_SECONDS, PaceFile, Stretch
from harness.testing import VirtualLoop
from pizza_service.pace import Pace as ServicePace
from pizza_service.runtime import WallRuntime as ServiceRuntime

BEGINS = datetime(2024, 12, 1, 5, 24, tzinfo=UTC)


class Wall:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def clock(wall: Wall, tmp_path: Path) -> WallClock:
    made = WallClock(BEGINS, monotonic=wall)
    made.keep_pace_in(tmp_path / "pace")
    return made


def lived(clock: WallClock) -> float:
    return clock.steady() - BEGINS.timestamp()


def test_time_goes_faster_and_slower_and_never_leaps(clock: WallClock, wall: Wall) -> None:
    wall.seconds += 10
    clock.go(20)
    assert lived(clock) == pytest.approx(10)
    wall.seconds += NOTICED_WITHIN_SECONDS + 2
    assert lived(clock) == pytest.approx(10 + NOTICED_WITHIN_SECONDS + 40)
    clock.go(1)
    wall.seconds += NOTICED_WITHIN_SECONDS
    before = lived(clock)
    wall.seconds += 5
    assert lived(clock) == pytest.approx(before + 5)


def test_time_stands_still_until_it_goes_on_as_fast_as_before(clock: WallClock, wall: Wall) -> None:
    clock.go(4)
    wall.seconds += 1
    clock.stand_still()
    wall.seconds += NOTICED_WITHIN_SECONDS
    before = lived(clock)
    wall.seconds += 3600
    assert lived(clock) == pytest.approx(before)
    assert clock.is_standing_still
    assert clock.speed == 4
    clock.go(clock.speed)
    wall.seconds += NOTICED_WITHIN_SECONDS + 1
    assert lived(clock) == pytest.approx(before + 4)


def test_two_changes_within_a_moment_leave_no_time_out(clock: WallClock, wall: Wall) -> None:
    clock.go(20)
    wall.seconds += NOTICED_WITHIN_SECONDS / 2
    clock.go(10)
    wall.seconds += NOTICED_WITHIN_SECONDS
    half = NOTICED_WITHIN_SECONDS / 2
    assert lived(clock) == pytest.approx(2 * half + 20 * half)


@pytest.mark.parametrize("speed", [0, 0.5, 21])
def test_speed_out_of_range_changes_nothing(clock: WallClock, speed: float) -> None:
    with pytest.raises(ScenarioError, match="out of range"):
        clock.go(speed)
    assert clock.speed == 1


def test_clock_that_keeps_no_pace_goes_at_one_speed(wall: Wall) -> None:
    with pytest.raises(ScenarioError, match="at speed 5 here and no other"):
        WallClock(BEGINS, speed=5, monotonic=wall).stand_still()
    assert "PIZZA_PACE" not in WallClock(BEGINS).environment()


Elapsed = Callable[[float], float]


def test_every_process_reads_the_same_time_whenever_it_was_started(clock: WallClock, wall: Wall) -> None:
    environment = clock.environment()
    _, started, speed = map(float, environment["PIZZA_CLOCK"].split())

    def readers() -> list[Elapsed]:
        service = ServicePace.of(environment, (started, 0.0, speed))
        factory = FactoryPace.of(environment, (started, 0.0, speed))
        assert service
        assert factory
        steady = SteadyTime.of(environment)
        load = SteadyTime(steady.epoch, steady.started, steady.speed, monotonic=wall, pace=steady.pace)
        return [service.elapsed, factory.elapsed, lambda _: load.now() - BEGINS.timestamp()]

    early = readers()
    changes: tuple[Callable[[], None], ...] = (lambda: clock.go(20), clock.stand_still, lambda: clock.go(3))
    for change in changes:
        change()
        for seconds in (0.01, NOTICED_WITHIN_SECONDS, 2.0):
            wall.seconds += seconds
            for elapsed in (*early, *readers()):
                assert elapsed(wall.seconds) == pytest.approx(lived(clock), abs=1e-4)


def test_line_that_is_not_whole_yet_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "pace"
    file = PaceFile(path, Stretch(0.0, 0.0, 1.0))
    path.write_text("10.0 10.0 5")
    assert file.stretch(20.0).at(20.0) == 20.0
    path.write_text("10.0 10.0 5.0\n")
    assert file.stretch(20.0).at(20.0) == 60.0


def test_process_without_a_pace_file_goes_at_its_own_speed() -> None:
    assert PaceFile.of({}, Stretch(0.0, 0.0, 1.0)) is None
    assert ServicePace.of({}, (0.0, 0.0, 1.0)) is None
    assert FactoryPace.of({}, (0.0, 0.0, 1.0)) is None


def sleep(kind: str, clock: WallClock, seconds: float) -> Coroutine[Any, Any, None]:
    if kind == "service":
        return ServiceRuntime.from_environment(clock.environment()).sleep(seconds)
    if kind == "factory":
        return FactoryRuntime.from_environment(clock.environment()).sleep(seconds)
    return clock.sleep(timedelta(seconds=seconds))


@pytest.mark.parametrize("kind", ["harness", "service", "factory"])
def test_sleeper_wakes_when_the_time_has_come_however_it_went_meanwhile(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, VirtualLoop)
        monkeypatch.setattr(time, "monotonic", loop.time)
        clock = WallClock(BEGINS, monotonic=loop.time)
        clock.keep_pace_in(tmp_path / "pace")
        began = loop.time()

        async def slept() -> float:
            sleeping = asyncio.create_task(sleep(kind, clock, 60))
            await asyncio.sleep(10)  # noqa: TID251 - on virtual time
            clock.stand_still()
            await asyncio.sleep(100)  # noqa: TID251
            assert not sleeping.done()
            clock.go(20)
            await sleeping
            return loop.time() - began

        assert runner.run(slept()) == pytest.approx(10 + 100 + 50 / 20, abs=0.5)
