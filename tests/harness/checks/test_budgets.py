import pytest

from harness.checks import (
    Verdict,
    acknowledged_within,
    availability,
    detected_within,
    reset_within,
    sooner_than,
    telemetry_has_no_gap,
)
from harness.errors import ScenarioError
from harness.events import FaultApplied, MetricsReceived, PageAcknowledged, PageSent
from tests.harness.checks.stories import is_a, night, plus, request, t, until, without


def test_budget_that_was_kept_passes_and_says_how_long_it_took() -> None:
    result = detected_within("3m")(night())
    assert (result.verdict, result.detail) == (Verdict.PASSED, "balancer_missing-1: it took 2 min 40 s")
    assert detected_within("2m")(night()).verdict is Verdict.FAILED


def test_budget_of_a_named_fault_is_of_that_fault() -> None:
    assert acknowledged_within("30s", "factory_fail")(night()).verdict is Verdict.PASSED
    assert acknowledged_within("30s")(night()).verdict is Verdict.FAILED
    assert reset_within("7h50m")(night()).verdict is Verdict.PASSED


def test_budget_of_what_never_happened_fails_once_its_time_is_over() -> None:
    silent = without(night(), is_a(PageSent))
    unheard = detected_within("3m")(silent)
    assert (unheard.verdict, unheard.detail) == (
        Verdict.FAILED,
        "balancer_missing-1: nobody was paged before it was over",
    )
    endless = detected_within("3m")(until(silent, "05:25"))
    assert (endless.verdict, endless.detail) == (
        Verdict.UNKNOWN,
        "balancer_missing-1: it did not happen before the run ended",
    )
    assert acknowledged_within("3m")(silent).verdict is Verdict.UNKNOWN
    untaken = without(night(), is_a(PageAcknowledged))
    assert acknowledged_within("3m")(untaken).verdict is Verdict.FAILED


def test_budget_without_a_fault_is_unknown() -> None:
    assert detected_within("3m")(without(night(), is_a(FaultApplied))).verdict is Verdict.UNKNOWN


def test_availability_is_judged_phase_by_phase() -> None:
    good, down = ("before", t("22:00"), t("22:09"), 0.99), ("outage", t("05:24"), t("05:38"), 0.5)
    assert availability([good])(night()).verdict is Verdict.PASSED
    result = availability([good, down])(night())
    assert result.verdict is Verdict.FAILED
    assert "before: 100.00% of" in result.detail
    assert "outage: 0.00% of" in result.detail


def test_availability_of_too_few_or_unknown_requests_is_unknown() -> None:
    empty = ("nobody came", t("23:00"), t("23:30"), 0.9)
    assert availability([empty])(night()).verdict is Verdict.UNKNOWN
    unsure = plus(night(), *(request(f"22:05:{number}", outcome="unknown") for number in range(10, 50)))
    assert availability([("before", t("22:00"), t("22:09"), 0.99)])(unsure).verdict is Verdict.UNKNOWN


def test_availability_of_a_percentage_is_the_authors_mistake() -> None:
    with pytest.raises(ScenarioError, match="99 available, which is no share"):
        availability([("before", t("22:00"), t("22:09"), 99)])


def test_telemetry_gap_is_found_and_a_jump_is_none() -> None:
    check = telemetry_has_no_gap(t("22:00"), t("05:24"), "15s")
    assert check(night()).verdict is Verdict.PASSED
    gap = without(night(), lambda one: isinstance(one, MetricsReceived) and t("22:04") < one.at < t("22:05"))
    result = check(gap)
    assert result.verdict is Verdict.FAILED
    assert "the longest silence 1 min from 22:04:00" in result.detail
    assert check(until(night(), "22:05")).verdict is Verdict.UNKNOWN


def test_night_beside_a_longer_one_was_over_sooner_and_says_by_how_much() -> None:
    answer = sooner_than("8h46m")(night())
    assert answer.verdict is Verdict.PASSED
    assert "sooner than the 8 h 46 min of then" in answer.detail


def test_night_beside_a_shorter_one_was_over_later_and_fails() -> None:
    answer = sooner_than("5h")(night())
    assert answer.verdict is Verdict.FAILED
    assert "later than the 5 h of then" in answer.detail


def test_page_of_the_night_was_not_taken_sooner_than_in_a_minute() -> None:
    assert sooner_than("1m", step="taken")(night()).verdict is Verdict.FAILED
