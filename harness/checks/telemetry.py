"""What the service says of itself: metrics and logs, and the moment they stop."""

from __future__ import annotations

from datetime import datetime, timedelta

from harness.checks.check import check
from harness.checks.result import Answer, Verdict
from harness.checks.window import crossed_words, reached
from harness.durations import duration, spoken
from harness.events import LogsReceived, MetricsReceived
from harness.history import History


@check("telemetry stops within {within} of {at}, until {until}")
def telemetry_stops(history: History, at: datetime, within: str | timedelta, until: datetime) -> Answer:
    """Metrics and logs came in before `at`; soon after it the last of both arrives, and none until `until`.

    Args:
        history: what happened.
        at: when the service goes silent.
        within: how late the last push may arrive; one push interval.
        until: the end of the silence.
    """
    limit = at + duration(within)
    metrics = [push for push in history.of(MetricsReceived) if push.samples]
    logs = [push for push in history.of(LogsReceived) if push.lines]
    pushes: list[MetricsReceived | LogsReceived] = [*metrics, *logs]
    late = sorted((push for push in pushes if limit < push.at < until), key=lambda push: push.at)
    if late:
        first = late[0]
        what = "metrics" if isinstance(first, MetricsReceived) else "log lines"
        detail = f"{first.source} still pushed {what} at {first.at:%H:%M:%S}, {spoken(first.at - at)} after"
        return Verdict.FAILED.because(detail, late)
    last_metrics = next((push for push in reversed(metrics) if push.at <= limit), None)
    last_logs = next((push for push in reversed(logs) if push.at <= limit), None)
    if last_metrics is None or last_logs is None:
        missing = "metrics" if last_metrics is None else "log lines"
        return Verdict.UNKNOWN.because(f"no {missing} ever came in, so they could not stop")
    if not reached(history, until):
        return Verdict.UNKNOWN.because("the run did not get that far", (last_metrics, last_logs))
    detail = (
        f"last sample of {last_metrics.newest:%H:%M:%S}, last log line of {last_logs.newest:%H:%M:%S}, "
        f"then nothing{crossed_words(history, at, until)}"
    )
    return Verdict.PASSED.because(detail, (last_metrics, last_logs))
