import random
from datetime import UTC, datetime, timedelta, timezone

import pytest

from fake_factory.chaos import Chaos, ChaosType, new_code, next_day_start


def instant(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2024-12-01T12:24:00", "2024-12-02"),
        ("2024-12-01T06:59:59", "2024-12-01"),
        ("2024-12-01T07:00:00", "2024-12-02"),
        ("2024-12-31T23:00:00", "2025-01-01"),
    ],
)
def test_next_day_start_falls_on_the_next_day_of_utc_minus_7_from_8_to_14_on_the_minute(now: str, day: str) -> None:
    starts = {next_day_start(instant(now), random.Random(seed)) for seed in range(200)}
    local = [datetime.fromtimestamp(start, timezone(timedelta(hours=-7))) for start in starts]
    assert {each.date().isoformat() for each in local} == {day}
    assert {each.hour for each in local} == {8, 9, 10, 11, 12, 13}
    assert {(each.second, each.microsecond) for each in local} == {(0, 0)}
    assert len({each.minute for each in local}) > 30


def test_chaos_is_active_from_its_start_until_it_is_resolved() -> None:
    chaos = Chaos(ChaosType.FAIL, "abc", initiated=0, start=10)
    assert [chaos.is_active(now) for now in (9.9, 10, 99)] == [False, True, True]
    assert not chaos.resolved(50).is_active(99)
    assert chaos.resolved(50) == Chaos(ChaosType.NONE, None, initiated=0, start=10, fixed=50)


def test_code_is_eight_digits_or_small_letters_and_repeats_with_the_seed() -> None:
    code = new_code(random.Random(1))
    assert len(code) == 8
    assert code.isascii()
    assert code == code.lower()
    assert code == new_code(random.Random(1)) != new_code(random.Random(2))
