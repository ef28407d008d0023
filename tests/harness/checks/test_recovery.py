from harness.checks import Verdict, back_within, outage_lasts, purchase_outage_lasts, still_down
from harness.events import RequestFinished
from harness.history import History
from tests.harness.checks.stories import FETCH, changed, is_a, jump, load, night, plus, request, t, told, until, without

OUTAGE = outage_lasts("7h46m", "1m", t("05:24"))
PURCHASES = purchase_outage_lasts("14m", "1m", t("13:10"))
BACK = back_within(t("13:10"), "30s")


def test_still_down_passes_when_nothing_succeeded_for_a_minute() -> None:
    assert still_down(t("13:05:30"))(night()).verdict is Verdict.PASSED


def test_still_down_fails_when_something_did() -> None:
    assert still_down(t("13:05:30"))(plus(night(), request("13:05:01"))).verdict is Verdict.FAILED


def test_still_down_is_unknown_when_nobody_asked() -> None:
    assert still_down(t("12:00"))(night()).verdict is Verdict.UNKNOWN


def test_back_within_passes_when_something_succeeds_in_time() -> None:
    result = BACK(night())
    assert result.verdict is Verdict.PASSED
    assert "13:10:20, 20 s after" in result.detail


def test_back_within_passes_to_the_last_second() -> None:
    assert back_within(t("13:10"), "20s")(night()).verdict is Verdict.PASSED
    assert back_within(t("13:10:20"), "1s")(night()).verdict is Verdict.PASSED


def test_back_within_fails_when_the_first_success_is_late() -> None:
    result = back_within(t("13:10"), "10s")(night())
    assert result.verdict is Verdict.FAILED
    assert result.detail == "the first success was at 13:10:20"


def _back_after(*answered: RequestFinished) -> History:
    """Down until 13:10:28, and then these."""
    kept = without(night(), lambda event: isinstance(event, RequestFinished) and event.at >= t("13:10:05"))
    rest = load("13:10:45", "13:12", every="1s")
    return plus(kept, *load("13:10:05", "13:10:28", every="1s", broken="site"), *answered, *rest)


def test_back_within_goes_by_when_the_first_request_that_succeeds_was_sent() -> None:
    slow = request("13:10:37", started=t("13:10:34"))
    result = back_within(t("13:10"), "35s")(_back_after(slow))
    assert (result.verdict, result.detail) == (
        Verdict.PASSED,
        "log in, sent at 13:10:34, succeeded at 13:10:37, 37 s after",
    )


def test_back_within_fails_when_something_sent_on_time_succeeds_after_others_went_in_vain() -> None:
    hanging, in_vain = request("13:10:44", started=t("13:10:34")), request("13:10:41", error=FETCH)
    assert back_within(t("13:10"), "35s")(_back_after(in_vain, hanging)).verdict is Verdict.FAILED


def test_back_within_passes_when_diners_happened_to_be_silent_at_the_last_moment() -> None:
    assert back_within(t("13:10"), "30s")(_back_after(request("13:10:36"))).verdict is Verdict.PASSED


def test_back_within_is_unknown_when_diners_were_silent_for_longer_than_by_chance() -> None:
    result = back_within(t("13:10"), "30s")(_back_after(request("13:10:40")))
    assert result.verdict is Verdict.UNKNOWN
    assert result.detail == "nobody asked for anything for a while after 13:10:27"


def test_back_within_fails_when_it_goes_down_again_soon() -> None:
    again = load("13:10:31", "13:10:50", every="1s", broken="site")
    rest = without(night(), lambda event: isinstance(event, RequestFinished) and t("13:10:31") <= event.at < t("13:11"))
    result = back_within(t("13:10"), "30s")(plus(rest, *again))
    assert result.verdict is Verdict.FAILED
    assert "and it was down again at 13:10:27" in result.detail


def test_back_within_is_unknown_when_the_run_ends_before_it_was_shown_to_stay() -> None:
    assert BACK(until(night(), "13:10:30")).verdict is Verdict.UNKNOWN


def test_back_within_is_unknown_when_it_was_not_down() -> None:
    assert back_within(t("05:23"), "30s")(night()).verdict is Verdict.UNKNOWN


def test_back_within_is_unknown_when_the_run_ended_before() -> None:
    assert BACK(until(night(), "13:10:15")).verdict is Verdict.UNKNOWN


def test_back_within_is_unknown_when_the_time_was_crossed() -> None:
    made = [*load("12:00", "12:05", broken="site"), jump("12:05", "12:30"), *load("12:30", "12:35")]
    assert back_within(t("12:06"), "5m")(told(made)).verdict is Verdict.UNKNOWN


def test_outage_lasts_passes_and_says_from_when_to_when() -> None:
    result = OUTAGE(night())
    assert result.verdict is Verdict.PASSED
    assert result.detail.startswith("05:24:01 to 13:10:20 (7 h 46 min)")


def test_outage_lasts_from_the_first_request_that_was_on_its_way_when_it_began() -> None:
    on_its_way = request("05:24:08", error=FETCH, started=t("05:23:57"))
    result = OUTAGE(plus(night(), on_its_way))
    assert result.verdict is Verdict.PASSED
    assert result.detail.startswith("05:23:57 to 13:10:20")


def test_outage_lasts_fails_when_it_was_shorter() -> None:
    assert OUTAGE(plus(night(), request("05:30:01"))).verdict is Verdict.FAILED


def test_outage_lasts_fails_when_there_was_none() -> None:
    told = changed(night(), is_a(RequestFinished), outcome="ok")
    result = OUTAGE(told)
    assert (result.verdict, result.detail) == (Verdict.FAILED, "there was no such outage")


def test_outage_lasts_fails_when_it_does_not_end_in_time() -> None:
    cut = [event for event in night().events if event.at < t("13:05")]
    result = OUTAGE(told([*cut, *load("13:05", "13:30", broken="site")]))
    assert result.verdict is Verdict.FAILED
    assert "still so when the run ends" in result.detail


def test_outage_lasts_is_unknown_when_the_run_was_killed_during_it() -> None:
    assert OUTAGE(until(night(), "13:10")).verdict is Verdict.UNKNOWN


def test_outage_lasts_is_unknown_when_a_jump_hides_its_end() -> None:
    made = [*load("05:20", "05:24"), *load("05:24", "05:30", broken="site"), jump("05:30", "05:40")]
    hidden = told([*made, *load("05:40", "05:45")])
    assert outage_lasts("12m", "1m", t("05:24"))(hidden).verdict is Verdict.UNKNOWN
    assert outage_lasts("2h", "1m", t("05:24"))(plus(hidden, request("07:50"))).verdict is Verdict.FAILED


def test_purchase_outage_lasts_from_when_the_site_is_back() -> None:
    result = PURCHASES(night())
    assert result.verdict is Verdict.PASSED
    assert result.detail.startswith("13:10:20 to 13:24:10")


def test_purchase_outage_lasts_fails_when_an_order_succeeds_in_between() -> None:
    assert PURCHASES(plus(night(), request("13:15:01", "order"))).verdict is Verdict.FAILED


def test_purchase_outage_lasts_is_unknown_when_the_run_ended_before() -> None:
    assert PURCHASES(until(night(), "13:20")).verdict is Verdict.UNKNOWN


def test_purchase_outage_is_no_part_of_an_outage_of_everything() -> None:
    only_site = without(night(), is_a(RequestFinished, error="500: Failed to fulfill order at factory"))
    assert PURCHASES(only_site).detail == "there was no such outage"
    assert purchase_outage_lasts("7h", "1h", t("05:24"))(only_site).verdict is Verdict.FAILED
