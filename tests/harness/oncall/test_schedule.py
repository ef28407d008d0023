from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from harness.errors import ScenarioError
from harness.moments import moment
from harness.oncall.schedule import Schedule, Shift

DAY = Shift(("Ann",), days=frozenset(range(5)), begins=time(8), ends=time(18))
NIGHT = Shift(("Bob",), days=frozenset({4}), begins=time(22), ends=time(6))
TURNS = Shift(("Cat", "Dan"), since=moment("2024-11-25 08:00 MST"))


def at(text: str) -> datetime:
    return moment(f"2024-{text} MST")


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("11-29 07:59", "Cat"),  # a Friday
        ("11-29 08:00", "Ann"),
        ("11-29 17:59", "Ann"),
        ("11-29 18:00", "Cat"),
        ("11-29 22:00", "Bob"),
        ("11-30 05:59", "Bob"),
        ("11-30 06:00", "Cat"),
        ("11-30 09:00", "Cat"),
        ("12-02 07:59", "Cat"),
        ("12-02 19:00", "Dan"),
        ("12-09 19:00", "Cat"),
    ],
)
def test_schedule_asks_its_shifts_in_order(text: str, who: str) -> None:
    assert Schedule("primary", (DAY, NIGHT, TURNS)).on_duty(at(text)) == who


def test_schedule_with_a_gap_has_nobody_in_it() -> None:
    assert Schedule("primary", (DAY,)).on_duty(at("11-30 09:00")) is None


def test_people_of_a_schedule_are_everybody_in_it_once() -> None:
    assert Schedule("primary", (DAY, TURNS, DAY)).people == ("Ann", "Cat", "Dan")


@pytest.mark.parametrize(
    ("people", "turn", "complaint"),
    [((), timedelta(days=7), "pages nobody"), (("a", "b"), timedelta(days=7), "Say since when")],
)
def test_shift_that_could_page_nobody_is_refused(people: tuple[str, ...], turn: timedelta, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        Shift(people, turn=turn)


def test_turns_that_never_end_are_refused() -> None:
    with pytest.raises(ScenarioError, match="every how many days"):
        Shift(("a", "b"), turn=timedelta(), since=at("11-25 08:00"))
