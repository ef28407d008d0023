from harness.checks import (
    Verdict,
    every_pizza_verifies,
    no_acknowledged_order_is_lost,
    no_order_is_duplicated,
    no_phantom_orders,
    nobody_is_logged_out,
    unknown_orders_are_settled,
)
from harness.events import RequestFinished
from harness.history import History
from tests.harness.checks.stories import FACTORY, night, plus, request, told

IN = request("22:00:01", "register", diner="Pat")


def tried(at: str, outcome: str, *orders: int) -> RequestFinished:
    error = "" if outcome == "ok" else FACTORY
    return request(at, "order", error=error, outcome=outcome, diner="Pat", orders=orders or None)


def saw(at: str, *orders: int) -> RequestFinished:
    return request(at, "look at past orders", diner="Pat", orders=orders)


def visit(*events: RequestFinished) -> History:
    return told([IN, *events])


def test_acknowledged_order_that_is_there_passes() -> None:
    result = no_acknowledged_order_is_lost()(visit(tried("22:01", "ok", 7), saw("22:02", 7)))
    assert (result.verdict, result.detail) == (Verdict.PASSED, "1 acknowledged order, each there when looked for")


def test_acknowledged_order_that_is_not_there_is_lost_though_another_is() -> None:
    result = no_acknowledged_order_is_lost()(visit(tried("22:01", "ok", 7), saw("22:02", 8)))
    assert result.verdict is Verdict.FAILED
    assert "was told at 22:01:00 that order 7 is made" in result.detail


def test_acknowledged_order_that_nobody_looked_for_is_unknown() -> None:
    for history in (visit(tried("22:01", "ok", 7)), visit(saw("22:00:30"), tried("22:01", "ok", 7)), night()):
        assert no_acknowledged_order_is_lost()(history).verdict is Verdict.UNKNOWN


def test_orders_of_another_visit_are_not_missed_in_this_one() -> None:
    again = request("22:03", "register", diner="Pat")
    history = visit(tried("22:01", "ok", 7), saw("22:02", 7), again, tried("22:04", "ok", 8), saw("22:05", 8))
    assert no_acknowledged_order_is_lost()(history).verdict is Verdict.PASSED


def test_failed_order_among_past_orders_is_a_phantom() -> None:
    result = no_phantom_orders()(visit(tried("22:01", "failed"), saw("22:02", 7)))
    assert result.verdict is Verdict.FAILED
    assert "past orders show 7, which nobody acknowledged" in result.detail


def test_failed_order_that_does_not_exist_passes() -> None:
    assert no_phantom_orders()(visit(tried("22:01", "failed"), saw("22:02"))).verdict is Verdict.PASSED


def test_order_that_a_timeout_explains_is_no_phantom() -> None:
    history = visit(tried("22:01", "failed"), tried("22:01:30", "unknown"), saw("22:02", 7))
    assert no_phantom_orders()(history).verdict is Verdict.PASSED
    assert no_phantom_orders()(visit(tried("22:01", "ok", 7), saw("22:02", 7))).verdict is Verdict.UNKNOWN


def test_order_tried_again_and_made_twice_is_a_duplicate() -> None:
    again = (tried("22:01", "unknown"), tried("22:01:30", "ok", 8))
    assert no_order_is_duplicated()(visit(*again, saw("22:02", 7, 8))).verdict is Verdict.FAILED
    assert no_order_is_duplicated()(visit(*again, saw("22:02", 8))).verdict is Verdict.PASSED
    assert no_order_is_duplicated()(visit(tried("22:01", "ok", 8), saw("22:02", 8))).verdict is Verdict.UNKNOWN


def test_unknown_order_is_settled_by_looking() -> None:
    result = unknown_orders_are_settled()(visit(tried("22:01", "unknown"), saw("22:02", 7)))
    assert (result.verdict, result.detail) == (
        Verdict.PASSED,
        "of 1 order of unknown outcome 1 exist and 0 do not",
    )
    assert unknown_orders_are_settled()(visit(tried("22:01", "unknown"))).verdict is Verdict.UNKNOWN
    assert unknown_orders_are_settled()(visit(tried("22:01", "ok", 1))).verdict is Verdict.UNKNOWN


def test_pizza_that_does_not_verify_is_a_finding_and_a_silent_factory_is_not() -> None:
    check = every_pizza_verifies(IN.at, request("22:10").at)
    good = request("22:01", "verify the pizza")
    bad = request("22:02", "verify the pizza", error="403: invalid JWT", status=403)
    silent = request("22:03", "verify the pizza", error="500: failed to fetch", status=0)
    assert check(told([good, silent])).verdict is Verdict.PASSED
    assert check(told([good, bad])).detail.startswith("1 of 2 do not; at 22:02:00 diner-1 was sold a pizza that does")
    assert check(told([silent])).verdict is Verdict.UNKNOWN


def test_diner_who_gets_a_401_was_logged_out() -> None:
    check = nobody_is_logged_out(IN.at, request("22:08").at)
    assert check(night()).verdict is Verdict.PASSED
    thrown = request("22:05:01", "order", error="401: unauthorized", status=401)
    assert check(plus(night(), thrown)).verdict is Verdict.FAILED
    wrong = request("22:05:01", "log in", error="401: unknown user", status=401)
    assert check(plus(night(), wrong)).verdict is Verdict.PASSED
    assert check(told([IN])).verdict is Verdict.UNKNOWN
