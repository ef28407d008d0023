"""Steady time in the load process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.clock import WallClock
from harness.errors import ScenarioError
from harness.load.steady import SteadyTime, UnleapingClock


def test_steady_time_in_another_process_is_the_scenarios_own() -> None:
    clock = WallClock(datetime(2024, 12, 1, 5, 24, tzinfo=UTC), speed=20, monotonic=lambda: 100.0)
    steady = SteadyTime.of(clock.environment())
    there = SteadyTime(steady.epoch, steady.started, steady.speed, monotonic=lambda: 103.0)
    assert there.now() == clock.steady() + 60
    assert there.wall_seconds(timedelta(minutes=1)) == 3.0


def test_unleaping_clock_is_read_once_and_goes_on_whatever_the_wall_is_set_to() -> None:
    wall, monotonic = [1_700_000_000.0], [50.0]
    clock = UnleapingClock(lambda: wall[0], lambda: monotonic[0])
    wall[0], monotonic[0] = 0.0, 52.5
    assert clock.now() == 1_700_000_002.5
    assert clock.at(51.0) == 1_700_000_001.0


@pytest.mark.parametrize("text", ["", "1 2", "1 2 x", "1 2 3 4", "1 2 0"])
def test_a_clock_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="PIZZA_CLOCK is"):
        SteadyTime.of({"PIZZA_CLOCK": text})
