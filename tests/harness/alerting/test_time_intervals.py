from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.alerting.time_intervals import TimeInterval

OFFICE = TimeInterval(times=((9 * 60, 17 * 60),), weekdays=((1, 5),))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "inside"),
    [
        ("2024-12-02 09:00", True),
        ("2024-12-02 16:59", True),
        ("2024-12-02 17:00", False),
        ("2024-12-02 08:59", False),
        ("2024-11-30 12:00", False),
        ("2024-12-01 12:00", False),
    ],
)
def test_interval_holds_from_its_first_minute_up_to_its_last_on_its_days(instant: str, inside: bool) -> None:
    assert OFFICE.contains(at(instant)) is inside


@pytest.mark.parametrize(
    ("days", "instant", "inside"),
    [
        ((1, 5), "2024-02-05", True),
        ((1, 5), "2024-02-06", False),
        ((-3, -1), "2024-02-27", True),
        ((-3, -1), "2024-02-26", False),
        ((-1, -1), "2023-02-28", True),
        ((31, 31), "2024-04-30", False),
        ((30, 31), "2024-04-30", True),
        ((-31, 1), "2024-02-01", True),
        ((20, -1), "2024-02-29", True),
        ((20, -2), "2024-02-29", False),
    ],
)
def test_days_of_a_month_are_counted_from_either_end(days: tuple[int, int], instant: str, inside: bool) -> None:
    assert TimeInterval(days_of_month=(days,)).contains(at(instant)) is inside


def test_every_list_must_fit_and_one_range_of_a_list_is_enough() -> None:
    interval = TimeInterval(months=((1, 2), (12, 12)), years=((2024, 2024),))
    assert interval.contains(at("2024-12-24"))
    assert not interval.contains(at("2024-06-24"))
    assert not interval.contains(at("2025-12-24"))


def test_interval_goes_by_the_clock_of_its_place() -> None:
    night = TimeInterval(times=((0, 60),), weekdays=((0, 0),), zone=ZoneInfo("America/Denver"))
    assert night.contains(at("2024-12-01 07:30"))
    assert not night.contains(at("2024-12-01 00:30"))


@settings(deadline=None)
@given(instant=st.datetimes(timezones=st.just(UTC)))
def test_interval_without_lists_holds_always_and_one_with_an_empty_list_never(instant: datetime) -> None:
    assert TimeInterval().contains(instant)
    assert not TimeInterval(weekdays=()).contains(instant)
