import asyncio
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from harness.clock import MAX_SPEED, Timeline, VirtualClock, WallClock, time_of_day
from harness.errors import HarnessError, ScenarioError
from harness.testing import VirtualLoop

MST = timezone(timedelta(hours=-7), "MST")
EVENING = datetime(2024, 11, 30, 21, 59, tzinfo=MST)
START = EVENING.timestamp()


class Wall:
    """A wall that moves only when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_timeline_before_any_jump_is_steady_time_in_the_scenarios_zone() -> None:
    assert Timeline(EVENING).incident(START + 240) == datetime(2024, 11, 30, 22, 3, tzinfo=MST)


def test_timeline_after_two_jumps_adds_both_and_leaves_the_past_alone() -> None:
    timeline = Timeline(EVENING)
    timeline.jump(START + 60, lands=EVENING + timedelta(hours=2))
    timeline.jump(START + 120, lands=EVENING + timedelta(hours=5))
    assert timeline.incident(START + 59) == EVENING + timedelta(seconds=59)
    assert timeline.incident(START + 90) == EVENING + timedelta(hours=2, seconds=30)
    assert timeline.incident(START + 150) == EVENING + timedelta(hours=5, seconds=30)
    assert [jump.length for jump in timeline.jumps] == [
        timedelta(hours=2) - timedelta(minutes=1),
        timedelta(hours=3) - timedelta(minutes=1),
    ]


def test_timeline_asked_to_jump_back_refuses() -> None:
    with pytest.raises(ScenarioError, match="only moves forward"):
        Timeline(EVENING).jump(START + 60, lands=EVENING)


def test_timeline_without_a_zone_refuses() -> None:
    with pytest.raises(ScenarioError, match="without a time zone"):
        Timeline(datetime(2024, 12, 1))  # noqa: DTZ001 - the mistake under test


def test_wall_clock_at_speed_20_lives_a_minute_in_three_seconds() -> None:
    wall = Wall()
    clock = WallClock(EVENING, speed=20, monotonic=wall)
    wall.seconds += 3
    assert clock.steady() == START + 60
    assert clock.now() == EVENING + timedelta(minutes=1)


def test_wall_clock_jump_moves_incident_time_and_leaves_steady_time() -> None:
    wall = Wall()
    clock = WallClock(EVENING, speed=10, monotonic=wall)
    before = clock.steady()
    jump = clock.jump(EVENING + timedelta(hours=7))
    assert clock.steady() == before
    assert clock.now() == EVENING + timedelta(hours=7)
    assert jump.length == timedelta(hours=7)


@pytest.mark.parametrize("speed", [0, 0.5, MAX_SPEED + 1, -3])
def test_wall_clock_at_a_speed_out_of_range_refuses_and_names_it(speed: float) -> None:
    with pytest.raises(ScenarioError, match=f"speed {speed:g} is out of range"):
        WallClock(EVENING, speed=speed)


def test_wall_clock_timeout_is_scaled_down_to_a_second_and_no_further() -> None:
    clock = WallClock(EVENING, speed=20)
    assert clock.timeout_seconds(timedelta(minutes=1)) == 3
    assert clock.timeout_seconds(timedelta(seconds=5)) == 1


def test_wall_clock_environment_lets_a_child_read_the_same_steady_time() -> None:
    wall = Wall()
    clock = WallClock(EVENING, speed=20, monotonic=wall)
    epoch, started, speed = map(float, clock.environment()["PIZZA_CLOCK"].split())
    wall.seconds += 7
    assert epoch + (wall() - started) * speed == clock.steady()


def test_wall_clock_wait_interrupted_returns_at_once() -> None:
    interrupted = threading.Event()
    interrupted.set()
    assert WallClock(EVENING).wait(timedelta(days=1), interrupted=interrupted)


def test_wall_clock_sleep_takes_incident_time() -> None:
    clock = WallClock(EVENING, speed=20)
    before = clock.steady()
    asyncio.run(clock.sleep(timedelta(milliseconds=200)))
    assert clock.steady() - before >= 0.2


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("21:59", EVENING),
        ("22:03", EVENING.replace(hour=22, minute=3)),
        ("05:24:30", datetime(2024, 12, 1, 5, 24, 30, tzinfo=MST)),
        ("21:58", datetime(2024, 12, 1, 21, 58, tzinfo=MST)),
    ],
)
def test_time_of_day_is_the_first_that_is_not_before(text: str, meant: datetime) -> None:
    assert time_of_day(text, after=EVENING) == meant


@pytest.mark.parametrize("text", ["5.24", "24:00", "noon", ""])
def test_time_of_day_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(ScenarioError, match="is not a time of day"):
        time_of_day(text, after=datetime(2024, 12, 1, tzinfo=UTC))


def test_virtual_clock_stands_still_until_its_loop_moves_it() -> None:
    clock = VirtualClock(EVENING)
    assert (clock.steady(), clock.now(), clock.speed) == (START, EVENING, 1.0)
    clock.move_to(90)
    assert clock.steady() == START + 90
    assert clock.now() == EVENING + timedelta(seconds=90)


def test_virtual_clock_moved_back_refuses_and_stays_where_it_is() -> None:
    clock = VirtualClock(EVENING)
    clock.move_to(90)
    with pytest.raises(HarnessError, match="cannot go back by 30 s"):
        clock.move_to(60)
    assert clock.steady() == START + 90


def test_virtual_clock_sleeps_for_as_long_as_its_loop_says() -> None:
    clock = VirtualClock(EVENING)
    loop = VirtualLoop(moved=clock.move_to)
    loop.run_until_complete(clock.sleep(timedelta(hours=8)))
    loop.end()
    assert clock.now() == EVENING + timedelta(hours=8)


def test_instant_of_this_machines_own_clock_is_found_in_steady_time() -> None:
    wall, own = Wall(), [1_700_000_000.0]
    clock = WallClock(EVENING, speed=10, monotonic=wall, wall=lambda: own[0])
    wall.seconds += 60
    own[0] += 60
    assert clock.steady_of(own[0]) == clock.steady()
    assert clock.steady_of(own[0] - 2) == clock.steady() - 20


def test_instant_of_this_machines_own_clock_is_found_although_that_clock_was_set() -> None:
    wall, own = Wall(), [1_700_000_000.0]
    clock = WallClock(EVENING, monotonic=wall, wall=lambda: own[0])
    own[0] += 3600
    assert clock.steady_of(own[0] - 5) == clock.steady() - 5
