from datetime import timedelta

import pytest

from harness.errors import ScenarioError
from harness.faults import ClockSkew
from harness.faults.fault import Begin, End, ReplaceTasks
from harness.faults.troubles import ClockSkewed
from tests.harness.faults.moments import APPLIED
from tests.harness.faults.processes import pushed

BEHIND = ClockSkewed(timedelta(minutes=-10))


def test_clock_skew_replaces_the_tasks_at_its_begin_and_at_its_end() -> None:
    assert ClockSkew("10m").apply() == (Begin(BEHIND), ReplaceTasks())
    assert ClockSkew("10m").heal() == (End(BEHIND), ReplaceTasks())


def test_clock_skew_may_go_either_way() -> None:
    assert ClockSkew("1h", direction="ahead").troubles == (ClockSkewed(timedelta(hours=1)),)


def test_clock_skew_is_hit_by_a_push_that_is_dated_wrong() -> None:
    assert ClockSkew("10m").hit_by(pushed(late=timedelta(minutes=10)), APPLIED) is not None
    assert ClockSkew("10m", direction="ahead").hit_by(pushed(late=timedelta(minutes=-10)), APPLIED) is not None
    assert ClockSkew("10m").hit_by(pushed(late=timedelta(seconds=15)), APPLIED) is None


@pytest.mark.parametrize("by", ["1s", "2d"])
def test_clock_skew_that_nobody_would_notice_or_believe_is_refused(by: str) -> None:
    with pytest.raises(ScenarioError, match="Allowed: 10 s to 24 h"):
        ClockSkew(by)
