from harness.checks import (
    Verdict,
    nothing_succeeds,
    operation_succeeds_after,
    operations_fail_with,
    operations_work,
)
from harness.events import RequestFinished
from tests.harness.checks.stories import FACTORY, is_a, night, plus, request, t, until, without

DOWN = nothing_succeeds(t("05:24"), t("13:10"))
WORKS = operations_work(["log in", "look at the menu"], t("13:11"), t("13:24"))
FAILS = operations_fail_with("order", "Failed to fulfill order at factory", since=t("13:11"), until=t("13:24"))
AGAIN = operation_succeeds_after("order", t("13:24"))
SOON = operation_succeeds_after("order", t("13:24"), "30s")


def test_nothing_succeeds_passes_while_everything_fails() -> None:
    result = DOWN(night())
    assert result.verdict is Verdict.PASSED
    assert "crossed by jumps" in result.detail


def test_nothing_succeeds_fails_on_one_success_and_shows_it() -> None:
    told = plus(night(), request("05:30:01", "look at the menu"))
    result = DOWN(told)
    assert result.verdict is Verdict.FAILED
    assert "look at the menu at 05:30:01" in result.detail
    assert [told.events[seq].at for seq in result.evidence] == [t("05:30:01")]


def test_nothing_succeeds_does_not_count_pizzas_verified_at_the_factory() -> None:
    assert DOWN(plus(night(), request("05:30:01", "verify the pizza"))).verdict is Verdict.PASSED


def test_nothing_succeeds_forgives_what_succeeds_while_the_fault_settles() -> None:
    told = plus(night(), request("05:24:01"))
    assert DOWN(told).verdict is Verdict.PASSED
    assert nothing_succeeds(t("05:24"), t("13:10"), settle="0s")(told).verdict is Verdict.FAILED


def test_nothing_succeeds_is_unknown_when_an_order_may_exist() -> None:
    told = plus(night(), request("05:30:01", "order", outcome="unknown"))
    assert DOWN(told).verdict is Verdict.UNKNOWN


def test_nothing_succeeds_is_unknown_when_nobody_asked() -> None:
    result = nothing_succeeds(t("06:00"), t("07:00"))(night())
    assert result.verdict is Verdict.UNKNOWN
    assert result.detail.startswith("no requests")


def test_operations_work_passes_when_each_always_succeeds() -> None:
    assert WORKS(night()).verdict is Verdict.PASSED


def test_operations_work_fails_when_one_fails_once() -> None:
    result = WORKS(plus(night(), request("13:15:01", "log in", error="401: unauthorized")))
    assert result.verdict is Verdict.FAILED
    assert "log in at 13:15:01, 401: unauthorized" in result.detail


def test_operations_work_is_unknown_when_one_was_not_tried() -> None:
    told = without(night(), is_a(RequestFinished, operation="log in"))
    result = WORKS(told)
    assert result.verdict is Verdict.UNKNOWN
    assert result.detail == "nobody tried to log in"


def test_operations_work_is_unknown_when_one_timed_out() -> None:
    assert WORKS(plus(night(), request("13:15:01", outcome="unknown"))).verdict is Verdict.UNKNOWN


def test_operations_fail_with_passes_when_each_try_says_so() -> None:
    result = FAILS(night())
    assert result.verdict is Verdict.PASSED
    assert "tries failed with it" in result.detail


def test_operations_fail_with_fails_when_one_succeeds() -> None:
    result = FAILS(plus(night(), request("13:15:01", "order")))
    assert result.verdict is Verdict.FAILED
    assert "1 of" in result.detail


def test_operations_fail_with_fails_on_another_message() -> None:
    result = FAILS(plus(night(), request("13:15:01", "order", error="500: out of cheese")))
    assert result.verdict is Verdict.FAILED
    assert "out of cheese" in result.detail


def test_operations_fail_with_is_unknown_when_nobody_tried() -> None:
    told = without(night(), is_a(RequestFinished, operation="order"))
    assert FAILS(told).detail == "nobody tried to order"
    assert FAILS(told).verdict is Verdict.UNKNOWN


def test_operations_fail_with_is_unknown_when_a_try_timed_out() -> None:
    assert FAILS(plus(night(), request("13:15:01", "order", outcome="unknown"))).verdict is Verdict.UNKNOWN


def test_operation_succeeds_after_passes_on_the_next_try() -> None:
    assert AGAIN(night()).verdict is Verdict.PASSED


def test_operation_succeeds_after_counts_from_when_the_remedy_was_done() -> None:
    told = plus(night(), request("13:24:00.9", "order", error=FACTORY, started=t("13:24:00.5")))
    assert AGAIN(told).verdict is Verdict.PASSED


def test_operation_succeeds_after_fails_when_the_next_try_does() -> None:
    result = AGAIN(plus(night(), request("13:24:03", "order", error=FACTORY)))
    assert result.verdict is Verdict.FAILED
    assert FACTORY in result.detail


def test_operation_succeeds_after_is_unknown_when_the_next_try_timed_out() -> None:
    result = AGAIN(plus(night(), request("13:24:03", "order", outcome="unknown", error="gave up waiting")))
    assert result.verdict is Verdict.UNKNOWN
    assert "gave up waiting" in result.detail


def test_operation_succeeds_after_is_unknown_when_nobody_tried_again() -> None:
    assert AGAIN(until(night(), "13:24:02")).verdict is Verdict.UNKNOWN


def test_operation_succeeds_in_time_passes_fails_or_cannot_be_told() -> None:
    never = without(night(), lambda event: is_a(RequestFinished, operation="order")(event) and event.at > t("13:24"))
    failing = plus(never, request("13:24:20", "order", error=FACTORY))
    assert SOON(night()).verdict is Verdict.PASSED
    assert SOON(failing).verdict is Verdict.FAILED
    assert SOON(never).verdict is Verdict.UNKNOWN
