import msgspec

from harness.checks import Verdict, steady_state
from tests.harness.checks.stories import night, plus, request, t

WELL = steady_state(t("22:00"), t("22:07"))


def test_steady_state_passes_when_nothing_fails() -> None:
    result = WELL(night())
    assert result.verdict is Verdict.PASSED
    assert result.name == "steady state from 22:00 to 22:07"
    assert "all of them ok" in result.detail


def test_steady_state_fails_on_one_error_and_shows_it() -> None:
    told = plus(night(), request("22:04:01", "order", error="500: boom"))
    result = WELL(told)
    assert result.verdict is Verdict.FAILED
    assert "order, 500: boom" in result.detail
    assert [told.events[seq].at for seq in result.evidence] == [t("22:04:01")]


def test_steady_state_passes_with_as_many_errors_as_allowed() -> None:
    told = plus(night(), request("22:04:01", error="500: boom"))
    assert steady_state(t("22:00"), t("22:07"), errors_at_most=0.01)(told).verdict is Verdict.PASSED


def test_steady_state_is_unknown_when_a_request_timed_out() -> None:
    told = plus(night(), request("22:04:01", outcome="unknown"))
    assert WELL(told).verdict is Verdict.UNKNOWN


def test_steady_state_is_unknown_with_too_little_load() -> None:
    assert steady_state(t("22:00"), t("22:00:30"))(night()).verdict is Verdict.UNKNOWN


def test_steady_state_says_how_much_was_crossed() -> None:
    assert "crossed by jumps" in steady_state(t("22:00"), t("05:24"))(night()).detail


def test_steady_state_ignores_a_request_across_its_border() -> None:
    told = plus(night(), request("22:00:05", error="500: boom", started=t("21:59:59")))
    assert WELL(told).verdict is Verdict.PASSED


def test_steady_state_ignores_diners_who_were_sent_home() -> None:
    told = plus(night(), request("22:04:01", outcome="unknown", cause="the diner left before the reply"))
    assert WELL(told).verdict is Verdict.PASSED


def test_steady_state_keeps_its_arguments_as_json() -> None:
    arguments = msgspec.json.decode(msgspec.json.encode(WELL))["arguments"]
    assert arguments == {
        "since": "2024-11-30T22:00:00-07:00",
        "until": "2024-11-30T22:07:00-07:00",
        "errors_at_most": 0.0,
        "requests_at_least": 20,
        "p95_at_most": "",
    }


def test_steady_state_fails_when_it_is_slower_than_its_band_and_shows_the_request() -> None:
    assert steady_state(t("22:00"), t("22:07"), p95_at_most="120ms")(night()).verdict is Verdict.PASSED
    result = steady_state(t("22:00"), t("22:07"), p95_at_most="100ms")(night())
    assert result.verdict is Verdict.FAILED
    assert "95 of 100 took up to 120 ms" in result.detail


def test_steady_state_lets_one_of_many_be_slow() -> None:
    told = plus(night(), request("22:04:01", latency_seconds=30))
    assert steady_state(t("22:00"), t("22:07"), p95_at_most="200ms")(told).verdict is Verdict.PASSED
