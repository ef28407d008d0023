from datetime import UTC, datetime, timedelta

import pytest

from harness.errors import ScenarioError
from harness.moments import moment


def test_moment_with_date_time_and_zone_is_read() -> None:
    read = moment("2024-11-30 21:59 MST")
    assert read == datetime(2024, 12, 1, 4, 59, tzinfo=UTC)
    assert read.utcoffset() == timedelta(hours=-7)


def test_moment_in_a_zone_of_the_database_is_read() -> None:
    assert moment("2024-07-01 12:00 Europe/Berlin").utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize("text", ["", "2024-11-30 21:59", "21:59 MST", "2024-11-30 21:59 Narnia", "tomorrow at 5 UTC"])
def test_moment_with_a_part_missing_is_refused_by_name(text: str) -> None:
    with pytest.raises(ScenarioError, match="is not a moment"):
        moment(text)
