from harness.checks import Verdict, telemetry_stops
from harness.events import LogsReceived, MetricsReceived
from tests.harness.checks.stories import is_a, night, plus, pushes, t, until, without

SILENT = telemetry_stops(t("05:24"), "15s", t("13:10"))


def test_telemetry_stops_passes_and_names_the_last_of_both() -> None:
    result = SILENT(night())
    assert result.verdict is Verdict.PASSED
    assert "last sample of 05:24:00, last log line of 05:24:00" in result.detail


def test_telemetry_stops_fails_when_a_push_comes_in_between() -> None:
    result = SILENT(plus(night(), *pushes("10:45", "10:45:10")))
    assert result.verdict is Verdict.FAILED
    assert "10:45:00" in result.detail


def test_telemetry_stops_does_not_mind_an_empty_push() -> None:
    empty = MetricsReceived(at=t("10:45"), source="jwt-pizza-service", samples=0, newest=t("05:24"))
    assert SILENT(plus(night(), empty)).verdict is Verdict.PASSED


def test_telemetry_stops_is_unknown_when_there_never_were_logs() -> None:
    result = SILENT(without(night(), is_a(LogsReceived)))
    assert result.verdict is Verdict.UNKNOWN
    assert "no log lines ever came in" in result.detail


def test_telemetry_stops_is_unknown_when_the_run_did_not_get_that_far() -> None:
    assert SILENT(until(night(), "12:00")).verdict is Verdict.UNKNOWN
