"""A schedule on the simulated stack itself, purchases by hand included."""

from __future__ import annotations

import pytest

from harness.events import RequestFinished
from harness.explore.orders import order_findings
from harness.explore.playing import play
from harness.explore.schedules import Blow, Schedule
from harness.history import History
from harness.stacks.services.twin import TwinService

SCHEDULE = Schedule((Blow(3, "factory_fail", 4),), 4, answers=True)


def played(*fixes: str) -> History:
    return play(SCHEDULE, seed=1, service=TwinService(fixes=fixes))


@pytest.mark.slow
def test_purchases_by_hand_show_a_known_flaw_and_nothing_once_it_is_mended() -> None:
    flawed, mended = played(), played("all")
    assert [finding.promise for finding in order_findings(flawed, mended=("all",))] == [
        "no order that failed exists",
        "no order is made twice",
    ]
    assert not list(order_findings(flawed, mended=()))
    assert not list(order_findings(mended, mended=("all",)))


@pytest.mark.slow
def test_somebody_comes_in_each_minute_of_purchases_and_looks_at_what_was_ordered() -> None:
    looked = [one for one in played().of(RequestFinished) if one.operation == "look at past orders"]
    assert [one.diner for one in looked] == [f"customer-{minute}" for minute in SCHEDULE.purchases]
    assert [len(one.orders or ()) for one in looked] == [1, 2, 1]
