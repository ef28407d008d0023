from datetime import timedelta

import pytest

from harness.durations import duration, seconds, spoken
from harness.errors import ScenarioError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("800ms", timedelta(milliseconds=800)),
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("0.5s", timedelta(milliseconds=500)),
        ("2d", timedelta(days=2)),
        ("1w", timedelta(weeks=1)),
    ],
)
def test_duration_with_a_unit_is_read(text: str, expected: timedelta) -> None:
    assert duration(text) == expected


def test_duration_given_a_timedelta_is_passed_through() -> None:
    assert duration(timedelta(seconds=3)) == timedelta(seconds=3)
    assert seconds("1m30s") == 90


@pytest.mark.parametrize("text", ["999999999999w", "9" * 5000 + "s", "999999999d24h"])
def test_duration_that_no_clock_can_count_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="is longer than 999,999,999 days, and cannot be counted"):
        duration(text)


@pytest.mark.parametrize("text", ["", "5", "5 m", "five minutes", "-5m", "5m later", "1y"])
def test_duration_without_number_and_unit_is_refused_by_name(text: str) -> None:
    with pytest.raises(ScenarioError, match="is not a duration") as caught:
        duration(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (0.12, "120 ms"),
        (3.44, "3.4 s"),
        (35, "35 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (14 * 60, "14 min"),
        (timedelta(hours=7, minutes=46), "7 h 46 min"),
        (timedelta(hours=2), "2 h"),
        (-90, "-1 min 30 s"),
    ],
)
def test_spoken_says_a_duration_as_a_report_would(length: timedelta | float, words: str) -> None:
    assert spoken(length) == words
