from datetime import UTC, datetime

import pytest

from harness.events import (
    AlertChanged,
    Event,
    FaultApplied,
    MetricsMapped,
    RequestFinished,
    StepStarted,
    WebhookAnswered,
)
from harness.progress import Progress, Screen

DAWN = datetime(2024, 12, 1, 5, 24, tzinfo=UTC)


def request(steady: float, *, ok: bool) -> Event:
    return RequestFinished(
        at=DAWN,
        steady=steady,
        diner="Ada",
        operation="order",
        method="POST",
        path="/api/order",
        address="127.0.0.11:80",
        started=DAWN,
        latency_seconds=0.1,
        outcome="ok" if ok else "failed",
    )


def alert(rule: str, state: str) -> Event:
    return AlertChanged(at=DAWN, rule=rule, labels={}, previous="inactive", state=state, reason="no data")  # type: ignore[arg-type]


def shown(*events: Event, is_terminal: bool) -> str:
    written: list[str] = []
    progress = Progress(Screen(written.append, is_terminal=is_terminal))
    for event in events:
        progress.hear(event)
    progress.refresh(DAWN, 100.0)
    return "".join(written)


def test_progress_in_a_terminal_shows_clock_rate_errors_and_alerts_in_a_living_line() -> None:
    events = [request(90.0, ok=True), request(95.0, ok=False), alert("Heartbeat", "no data"), alert("CPU", "firing")]
    assert shown(*events, is_terminal=True).endswith(
        "\r\x1b[2K05:24:00    2 requests/min · 50% errors · alerts: 1 on no data; CPU"
    )


def test_progress_in_a_terminal_names_the_phase_once_there_is_one() -> None:
    said = shown(StepStarted(at=DAWN, name="the site goes dark"), is_terminal=True)
    assert said.endswith("\r\x1b[2K05:24:00  the site goes dark ·   0 requests/min · no requests · no alerts")


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (81, "05:24:00  the site goes dark ·   0 requests/min · no requests · no alerts"),
        (70, "05:24:00  the site goes… ·   0 requests/min · no requests · no alerts"),
        (60, "05:24:00    0 requests/min · no requests · no alerts"),
        (20, "05:24:00    0 reque"),
    ],
)
def test_progress_in_a_narrow_terminal_keeps_the_living_line_in_one_row(columns: int, line: str) -> None:
    written: list[str] = []
    progress = Progress(Screen(written.append, is_terminal=True, columns=lambda: columns))
    progress.hear(StepStarted(at=DAWN, name="the site goes dark"))
    progress.refresh(DAWN, 100.0)
    assert written[-1].rsplit("\x1b[2K", 1)[-1] == line
    assert len(line) < columns


def test_progress_forgets_requests_of_more_than_a_minute_ago_and_alerts_that_are_over() -> None:
    events = [request(30.0, ok=False), alert("Heartbeat", "no data"), alert("Heartbeat", "inactive")]
    assert "0 requests/min · no requests · no alerts" in shown(*events, is_terminal=True)


def test_progress_that_nobody_asks_for_figures_holds_no_more_than_a_minute() -> None:
    progress = Progress(Screen(lambda _: None, is_terminal=False))
    for second in range(1000):
        progress.hear(request(float(second), ok=True))
    assert len(progress._recent) <= 61


def test_progress_without_a_terminal_prints_a_line_a_beat_and_redraws_nothing() -> None:
    fault = FaultApplied(at=DAWN, fault="noop", id="noop-1", target="nothing", sees="nothing")
    said = shown(StepStarted(at=DAWN, name="the site goes dark"), fault, is_terminal=False)
    assert said == (
        "05:24:00  the site goes dark\n"
        "05:24:00  ✗ fault: noop (nothing)  [  0 requests/min · no requests · no alerts]\n"
    )
    assert "\x1b" not in said


def test_progress_without_news_and_without_a_terminal_stays_silent() -> None:
    assert shown(request(90.0, ok=True), is_terminal=False) == ""


def test_progress_shows_what_a_metric_is_guessed_to_be_and_not_what_was_declared() -> None:
    mapped = MetricsMapped(at=DAWN, assignments=["a is auth (a guess: it says 'a')", "b is in no role (declared)"])
    (line,) = shown(mapped, is_terminal=False).splitlines()
    assert line.startswith("05:24:00  ≈ a is auth (a guess: it says 'a')")


def test_progress_with_many_guesses_at_once_says_where_each_is_told() -> None:
    mapped = MetricsMapped(at=DAWN, assignments=[f"m{number} is auth (a guess)" for number in range(12)])
    (line,) = shown(mapped, is_terminal=False).splitlines()
    assert line.startswith("05:24:00  ≈ 12 metrics are guessed by name: the report says what for, and --roles FILE")


def test_progress_of_the_bundled_service_has_nothing_to_guess() -> None:
    written: list[str] = []
    progress = Progress(Screen(written.append, is_terminal=False), tells_guesses=False)
    progress.hear(MetricsMapped(at=DAWN, assignments=["a is auth (a guess: it says 'a')"]))
    progress.refresh(DAWN, DAWN.timestamp())
    assert written == []


def test_progress_tells_of_a_webhook_only_when_it_did_not_take_what_it_was_sent() -> None:
    url = "http://127.0.0.1:1/hook"
    answers = [
        WebhookAnswered(at=DAWN, receiver="pager", url=url, status=200),
        WebhookAnswered(at=DAWN, receiver="pager", url=url, status=503),
        WebhookAnswered(at=DAWN, receiver="pager", url=url, status=0, trouble="refused"),
    ]
    lines = shown(*answers, is_terminal=False).splitlines()
    assert lines[0] == f"05:24:00  ! webhook {url}: it answered 503"
    assert lines[1].startswith(f"05:24:00  ! webhook {url}: refused")
