"""What a search asks about orders: whatever is news, and nothing that the service is known to get wrong."""

from __future__ import annotations

import pytest

from harness.checks.promises import Finding
from harness.events import FaultApplied, RequestFinished
from harness.explore.orders import not_asked, order_findings
from harness.explore.schedules import ARRIVAL, Blow, Schedule, Turn
from harness.explore.story import as_scenario, in_words
from tests.harness.checks.stories import FACTORY, request, told

IN = request("22:00:01", "register", diner="Pat")


def tried(at: str, outcome: str, *orders: int) -> RequestFinished:
    return request(
        at, "order", error="" if outcome == "ok" else FACTORY, outcome=outcome, diner="Pat", orders=orders or None
    )


def saw(*orders: int) -> RequestFinished:
    return request("22:05", "look at past orders", diner="Pat", orders=orders)


def verified(*, well: bool) -> RequestFinished:
    outcome = "ok" if well else "failed"
    return request(
        "22:03", "verify the pizza", error="" if well else "403: invalid", outcome=outcome, status=200 if well else 403
    )


def broken(*events: RequestFinished | FaultApplied, mended: tuple[str, ...] = ()) -> list[str]:
    return [finding.promise for finding in order_findings(told([IN, *events]), mended=mended)]


def test_acknowledged_order_that_is_gone_is_news_whatever_is_mended() -> None:
    assert broken(tried("22:01", "ok", 7), saw()) == ["no order is lost"]


def test_orders_that_are_all_there_are_no_finding() -> None:
    assert not broken(tried("22:01", "ok", 7), verified(well=True), saw(7), mended=("all",))
    assert not list(order_findings(told([]), mended=("all",)))


def test_failed_order_that_exists_is_news_once_the_flaw_that_explains_it_is_mended() -> None:
    story = (tried("22:01", "failed"), saw(7))
    assert broken(*story) == []
    assert broken(*story, mended=("order-written-first",)) == ["no order that failed exists"]
    assert broken(*story, mended=("all",)) == ["no order that failed exists"]


def test_order_made_twice_is_news_once_both_flaws_that_explain_it_are_mended() -> None:
    story = (tried("22:01", "unknown"), tried("22:02", "ok", 8), saw(7, 8))
    assert broken(*story, mended=("order-written-first",)) == []
    assert broken(*story, mended=("order-written-first", "no-factory-timeout")) == ["no order is made twice"]


def test_pizza_that_does_not_verify_is_news_unless_another_factory_has_made_it() -> None:
    killed = FaultApplied(
        at=tried("22:02", "ok").at, fault="factory_killed", id="1", target="factory", sees="no factory"
    )
    bad, mended = verified(well=False), ("bad-pizza-accepted",)
    assert broken(bad, mended=mended) == ["every pizza is real"]
    assert broken(bad) == broken(killed, bad, mended=mended) == []


def test_what_is_not_asked_is_said_with_the_flaw_that_is_to_be_mended() -> None:
    assert not_asked(("order-written-first",)) == [
        "not asked: no order is made twice; the service is known for no-factory-timeout",
        "not asked: every pizza is real; the service is known for bad-pizza-accepted",
    ]
    assert not_asked(("all",)) == []


def test_somebody_buys_a_pizza_before_all_amid_each_blow_and_after_all() -> None:
    schedule = Schedule((Blow(4, "factory_fail", 6), Blow(8, "task_killed", 9)), 5, answers=True)
    assert schedule.purchases == (ARRIVAL - 1, 7, 12, schedule.ends - 2)
    assert [minute for minute, turn, _ in schedule.moments() if turn is Turn.BUYS] == list(schedule.purchases)


@pytest.mark.parametrize(
    ("promise", "expected"),
    [
        ("no order that failed exists", "    scenario.expect(no_phantom_orders)"),
        ("every pizza is real", '    scenario.expect(every_pizza_verifies, "12:00", "12:18")'),
    ],
)
def test_story_of_an_order_tells_the_purchases_and_is_a_scenario_with_them(promise: str, expected: str) -> None:
    schedule, found = Schedule((Blow(4, "factory_fail", 6),), 5, answers=False), [Finding(promise, "why")]
    text = as_scenario(schedule, found, name="found", replay="pizza-chaos run found.py")
    compile(text, "test_found.py", "exec")
    assert expected in text.splitlines()
    assert text.count("on_call.buys_a_pizza()") == 3
    assert "somebody orders a pizza by hand" in in_words(schedule, found)[3]
