from harness.checks import (
    Verdict,
    diagnosis_names,
    first_human_action,
    paged_and_escalated,
    pages_left_alone,
    pages_taken,
    report_url_came_from_a_reply,
)
from harness.checks.people import human_actions, people
from harness.events import (
    AlertChanged,
    DiagnosisMade,
    PageAcknowledged,
    PageIgnored,
    PageSent,
    RemedyPerformed,
    RequestFinished,
)
from tests.harness.checks.stories import changed, is_a, night, plus, t, until, without

PAGED = paged_and_escalated(t("05:24"), t("10:00"))
FIRST = first_human_action(t("10:00"), t("05:24"))
NAMED = diagnosis_names("dns", t("12:50"))
REPORTED = report_url_came_from_a_reply()


def test_paged_and_escalated_passes_and_says_how_far_it_went() -> None:
    result = PAGED(night())
    assert result.verdict is Verdict.PASSED
    assert "“DatasourceNoData” reached level 3 (whole team) at 05:36:40" in result.detail


def test_paged_and_escalated_fails_when_nobody_was_paged_or_nobody_else() -> None:
    nobody = PAGED(without(night(), is_a(PageSent)))
    assert (nobody.verdict, nobody.detail) == (Verdict.FAILED, "4 alerts went off and nobody was paged")
    result = PAGED(without(night(), lambda event: isinstance(event, PageSent) and event.level > 1))
    assert result.verdict is Verdict.FAILED
    assert "level 1 (Jaquelyn) at 05:26:40, and no higher" in result.detail


def test_paged_and_escalated_is_unknown_when_no_alert_went_off() -> None:
    assert PAGED(without(night(), is_a(PageSent, AlertChanged))).verdict is Verdict.UNKNOWN
    assert PAGED(until(night(), "05:30")).verdict is Verdict.UNKNOWN


def test_paged_and_escalated_passes_when_exactly_that_level_was_reached() -> None:
    assert paged_and_escalated(t("05:24"), t("10:00"), 3)(night()).verdict is Verdict.PASSED


def test_first_human_action_passes_on_time_whoever_ignored_pages_before() -> None:
    result = FIRST(night())
    assert result.verdict is Verdict.PASSED
    assert result.detail == "Jaquelyn acknowledged “DatasourceNoData” at 10:00:01, 4 h 36 min after 05:24"


def test_first_human_action_fails_when_somebody_was_earlier_or_nobody_came() -> None:
    early = PageAcknowledged(at=t("05:28"), page="DatasourceNoData", responder="Jaquelyn")
    nobody = without(night(), is_a(PageAcknowledged, RemedyPerformed, DiagnosisMade))
    assert FIRST(plus(night(), early)).verdict is Verdict.FAILED
    assert FIRST(nobody).detail == "nobody did anything"
    assert FIRST(nobody).verdict is Verdict.FAILED


def test_first_human_action_is_unknown_when_the_run_did_not_get_that_far() -> None:
    assert FIRST(until(night(), "09:59")).verdict is Verdict.UNKNOWN


def test_first_human_action_passes_to_the_last_second_of_its_tolerance() -> None:
    assert first_human_action(t("10:01:01"), t("05:24"), "1m")(night()).verdict is Verdict.PASSED
    assert first_human_action(t("10:01:02"), t("05:24"), "1m")(night()).verdict is Verdict.FAILED


def test_human_actions_leave_out_what_a_tool_finds() -> None:
    tool = DiagnosisMade(at=t("05:30"), by="pizza-chaos verify", layer="DNS", finding="gone", evidence=["refused"])
    told = plus(night(), tool)
    assert FIRST(told).verdict is Verdict.PASSED
    assert len(human_actions(told)) == len(human_actions(night()))
    assert people(told) == {"Jaquelyn", "developers", "whole team"}


def test_diagnosis_names_passes_with_the_layer_and_its_evidence() -> None:
    result = NAMED(night())
    assert result.verdict is Verdict.PASSED
    assert "DNS points at a load balancer that no longer exists; evidence: the name points at" in result.detail


def test_diagnosis_names_fails_on_another_layer_or_without_evidence() -> None:
    assert NAMED(changed(night(), is_a(DiagnosisMade), layer="service tasks")).verdict is Verdict.FAILED
    guessed = NAMED(changed(night(), is_a(DiagnosisMade), evidence=[]))
    assert guessed.verdict is Verdict.FAILED
    assert "gave no evidence" in guessed.detail


def test_diagnosis_names_is_unknown_when_nobody_made_one() -> None:
    assert NAMED(without(night(), is_a(DiagnosisMade))).verdict is Verdict.UNKNOWN


def test_report_url_passes_when_a_diner_really_got_it_before() -> None:
    result = REPORTED(night())
    assert result.verdict is Verdict.PASSED
    assert "vendor-key" not in result.detail


def test_report_url_fails_when_it_stands_in_no_earlier_failed_reply() -> None:
    made_up = changed(night(), is_a(RemedyPerformed, remedy="follow reportUrl"), did="opened http://127.0.0.1/x: 200")
    assert REPORTED(made_up).verdict is Verdict.FAILED
    too_early = changed(night(), is_a(RemedyPerformed, remedy="follow reportUrl"), at=t("13:09"))
    assert REPORTED(too_early).verdict is Verdict.FAILED
    assert REPORTED(changed(night(), is_a(RequestFinished), report_url="")).verdict is Verdict.FAILED


def test_report_url_is_unknown_when_nobody_followed_one() -> None:
    assert REPORTED(without(night(), is_a(RemedyPerformed, remedy="follow reportUrl"))).verdict is Verdict.UNKNOWN


def test_pages_left_alone_passes_with_who_saw_them_and_why() -> None:
    said = pages_left_alone(t("05:24"), t("10:00"))(night())
    assert said.verdict is Verdict.PASSED
    assert "taken for misconfigured" in said.detail


def test_pages_left_alone_fails_when_somebody_took_one() -> None:
    assert pages_left_alone(t("05:24"), t("10:01"))(night()).verdict is Verdict.FAILED


def test_pages_left_alone_is_unknown_when_nobody_saw_any() -> None:
    unseen = without(night(), is_a(PageIgnored))
    assert pages_left_alone(t("05:24"), t("10:00"))(unseen).verdict is Verdict.UNKNOWN


def test_pages_taken_passes_with_how_soon() -> None:
    said = pages_taken(t("13:10"), "5m")(night())
    assert (said.verdict, said.detail) == (Verdict.PASSED, "Jaquelyn took “PurchaseFailures” 10 s after it was sent")


def test_pages_taken_fails_when_nobody_took_it_in_time() -> None:
    untaken = without(night(), is_a(PageAcknowledged, page="PurchaseFailures"))
    assert pages_taken(t("13:10"), "5m")(untaken).verdict is Verdict.FAILED
    assert pages_taken(t("13:10"), "5m")(until(untaken, "13:12")).verdict is Verdict.UNKNOWN


def test_pages_taken_is_unknown_when_nobody_was_paged() -> None:
    assert pages_taken(t("13:14"), "5m")(night()).verdict is Verdict.UNKNOWN
