import pytest

from harness.checks import Verdict, always, eventually, never
from harness.errors import ScenarioError
from tests.harness.checks.stories import night, t, until

FIRES = {"rule": "PurchaseFailures", "state": "firing"}


def test_eventually_passes_when_it_happens_and_fails_when_it_was_lived_through_without() -> None:
    assert eventually("alert_changed", FIRES, since=t("13:10"), until=t("13:12"))(night()).verdict is Verdict.PASSED
    assert eventually("alert_changed", FIRES, since=t("13:12"), until=t("13:14"))(night()).verdict is Verdict.FAILED
    assert eventually("alert_changed", FIRES, since=t("06:00"), until=t("07:00"))(night()).verdict is Verdict.UNKNOWN


def test_never_fails_when_it_happens_and_claims_nothing_of_a_jump() -> None:
    result = never("alert_changed", FIRES, since=t("13:10"), until=t("13:12"))(night())
    assert (result.verdict, result.detail) == (Verdict.FAILED, "1 time, the first at 13:10:50")
    assert never("alert_changed", FIRES, since=t("13:12"), until=t("13:14"))(night()).verdict is Verdict.PASSED
    assert never("alert_changed", FIRES, since=t("06:00"), until=t("07:00"))(night()).verdict is Verdict.UNKNOWN
    short = until(night(), "13:13")
    assert never("alert_changed", FIRES, since=t("13:12"), until=t("13:14"))(short).verdict is Verdict.UNKNOWN


def test_always_needs_one_and_names_the_first_that_is_not() -> None:
    logs_in, ok = {"operation": "log in"}, {"outcome": "ok"}
    good = always("request_finished", logs_in, then=ok, since=t("22:00"), until=t("22:09"))
    bad = always("request_finished", logs_in, then=ok, since=t("05:22"), until=t("05:26"))
    none = always("request_finished", {"operation": "dance"}, then=ok, since=t("22:00"), until=t("22:09"))
    assert good(night()).verdict is Verdict.PASSED
    assert bad(night()).verdict is Verdict.FAILED
    assert none(night()).verdict is Verdict.UNKNOWN


def test_pattern_of_a_kind_or_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ScenarioError, match="Did you mean 'alert_changed'"):
        never("alert_change", {}, since=t("22:00"), until=t("23:00"))
    with pytest.raises(ScenarioError, match="Did you mean 'state'"):
        never("alert_changed", {"stat": "firing"}, since=t("22:00"), until=t("23:00"))
