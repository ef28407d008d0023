import pytest

from harness.checks import (
    Verdict,
    alert_fires,
    alert_fires_upon,
    alert_resolves,
    alert_stays_quiet,
    alerts_fire_in_order,
    alerts_go_no_data,
)
from harness.errors import ScenarioError
from harness.events import AlertChanged, MetricsReceived
from tests.harness.checks.stories import RULES, alert, changed, is_a, jump, night, plus, t, until, without

STORM = alerts_go_no_data(RULES, t("05:24"), dict.fromkeys(RULES, "2m20s"))
FIRES = alert_fires("PurchaseFailures", t("13:10:20"), "1m")
QUIET = alert_stays_quiet("PurchasesLow", t("13:12"), t("13:28"))
RESOLVES = alert_resolves("PurchaseFailures", t("13:24"), "3m")


def test_alerts_go_no_data_passes_and_says_how_close_the_storm_was() -> None:
    result = STORM(night())
    assert result.verdict is Verdict.PASSED
    assert result.detail == "4 rules within 20 s of one another, 05:25:50 to 05:26:10, all for lack of data"


def test_alerts_go_no_data_fails_when_a_threshold_came_first() -> None:
    result = STORM(plus(night(), alert("05:25:40", "Heartbeat", "inactive > firing", "threshold")))
    assert result.verdict is Verdict.FAILED
    assert "Heartbeat for threshold at 05:25:40" in result.detail


def test_alerts_go_no_data_fails_when_a_rule_is_late_or_silent() -> None:
    assert "Heartbeat" in alerts_go_no_data(RULES, t("05:24"), dict.fromkeys(RULES, "2m9s"))(night()).detail
    result = STORM(without(night(), is_a(AlertChanged, rule="PurchasesLow")))
    assert result.verdict is Verdict.FAILED
    assert result.detail == "did not notice in time: PurchasesLow"


def test_alerts_go_no_data_is_unknown_when_the_run_ended_before_the_delay() -> None:
    assert STORM(until(night(), "05:26:05")).verdict is Verdict.UNKNOWN


def test_alerts_go_no_data_is_unknown_when_the_delay_was_crossed() -> None:
    told = without(plus(night(), jump("05:25", "05:30")), is_a(AlertChanged))
    assert STORM(told).verdict is Verdict.UNKNOWN


def test_alerts_go_no_data_needs_a_delay_for_each_rule() -> None:
    with pytest.raises(ScenarioError, match="within lacks a delay"):
        alerts_go_no_data(["Heartbeat"], t("05:24"), {"Hartbeat": "2m"})


def test_alert_fires_passes_in_time_and_for_the_reason() -> None:
    result = FIRES(night())
    assert result.verdict is Verdict.PASSED
    assert result.detail == "at 13:10:50, 30 s after, value 3"


def test_alert_fires_fails_when_late_silent_or_for_another_reason() -> None:
    fired = is_a(AlertChanged, rule="PurchaseFailures", state="firing")
    assert alert_fires("PurchaseFailures", t("13:10:20"), "20s")(night()).detail == "not before 13:10:50"
    assert FIRES(without(night(), fired)).detail == "it stayed silent"
    result = FIRES(changed(night(), fired, reason="error"))
    assert result.verdict is Verdict.FAILED
    assert "went off for error at 13:10:50, not threshold" in result.detail


def test_alert_fires_and_resolves_passes_to_the_last_second() -> None:
    assert alert_fires("PurchaseFailures", t("13:10:20"), "30s")(night()).verdict is Verdict.PASSED
    assert alert_fires("PurchaseFailures", t("13:10:50"), "30s")(night()).verdict is Verdict.PASSED
    assert alert_resolves("PurchaseFailures", t("13:24"), "2m")(night()).verdict is Verdict.PASSED


def test_alert_fires_is_unknown_when_it_was_firing_already_or_time_ran_out() -> None:
    before = alert("13:09", "PurchaseFailures", "inactive > firing", "threshold")
    assert FIRES(plus(night(), before)).verdict is Verdict.UNKNOWN
    assert FIRES(until(night(), "13:10:40")).verdict is Verdict.UNKNOWN


def test_alert_fires_upon_counts_from_the_first_failed_reply() -> None:
    upon = alert_fires_upon("PurchaseFailures", "order", since=t("13:10"), within="30s")
    result = upon(night())
    assert result.verdict is Verdict.PASSED
    assert result.detail == "diner-3 failed at 13:10:28; at 13:10:50, 22 s after, value 3"
    late = alert_fires_upon("PurchaseFailures", "order", since=t("13:10"), within="20s")
    assert late(night()).verdict is Verdict.FAILED


def test_alert_fires_upon_is_unknown_when_no_try_got_a_failed_reply() -> None:
    upon = alert_fires_upon("PurchaseFailures", "log in", since=t("13:10"), within="30s")
    assert upon(night()).detail == "no “log in” got a failed reply"
    assert upon(night()).verdict is Verdict.UNKNOWN


def test_alert_stays_quiet_passes_when_it_had_something_to_look_at() -> None:
    result = QUIET(night())
    assert result.verdict is Verdict.PASSED
    assert "pushes of metrics" in result.detail


def test_alert_stays_quiet_fails_when_it_goes_off_or_was_going_off() -> None:
    during = alert("13:20", "PurchasesLow", "inactive > firing", "threshold")
    before = alert("13:11:30", "PurchasesLow", "inactive > firing", "threshold")
    assert QUIET(plus(night(), during)).verdict is Verdict.FAILED
    assert QUIET(plus(night(), before)).detail == "firing since 13:11:30, for threshold"


def test_alert_stays_quiet_is_unknown_without_metrics_or_end() -> None:
    assert QUIET(without(night(), is_a(MetricsReceived))).verdict is Verdict.UNKNOWN
    assert QUIET(until(night(), "13:20")).verdict is Verdict.UNKNOWN


def test_alert_resolves_passes_in_time() -> None:
    assert RESOLVES(night()).detail == "at 13:26:00, 2 min after"
    assert RESOLVES(night()).verdict is Verdict.PASSED


def test_alert_resolves_fails_while_one_of_its_instances_goes_on() -> None:
    other = changed(
        plus(night(), alert("13:20", "PurchaseFailures", "inactive > firing", "error")),
        is_a(AlertChanged, reason="error"),
        labels={"store": "SLC"},
    )
    result = RESOLVES(other)
    assert result.verdict is Verdict.FAILED
    assert result.detail == "still firing, since 13:20:00"


def test_alert_resolves_is_unknown_when_it_was_silent_or_time_ran_out() -> None:
    assert alert_resolves("PurchasesLow", t("13:24"), "3m")(night()).verdict is Verdict.UNKNOWN
    assert RESOLVES(until(night(), "13:25")).verdict is Verdict.UNKNOWN


def test_alerts_fire_in_order_passes_in_that_order_only() -> None:
    moments = [changed_at for changed_at in night().of(AlertChanged) if changed_at.state == "no data"]
    first, last = moments[0].rule, moments[-1].rule
    assert alerts_fire_in_order([first, last], t("05:24"))(night()).verdict is Verdict.PASSED
    result = alerts_fire_in_order([last, first], t("05:24"))(night())
    assert result.verdict is Verdict.FAILED
    assert f"{first} went off at 05:25:50, before {last} at 05:26:10" in result.detail


def test_alerts_fire_in_order_fails_when_one_is_silent_and_is_unknown_of_none() -> None:
    told = without(night(), is_a(AlertChanged, rule="Heartbeat"))
    result = alerts_fire_in_order(["RequestsLow", "Heartbeat"], t("05:24"))(told)
    assert (result.verdict, result.detail) == (Verdict.FAILED, "did not go off: Heartbeat")
    assert alerts_fire_in_order([], t("05:24"))(night()).verdict is Verdict.UNKNOWN
