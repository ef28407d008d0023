"""Steady state: the system does what it should, for everyone who asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from harness.checks.check import check
from harness.checks.result import Answer, Verdict
from harness.checks.traffic import Tally, awaited, whole
from harness.checks.window import crossed_words
from harness.checks.wording import count
from harness.durations import duration, spoken
from harness.events import RequestFinished
from harness.history import History


@check("steady state from {since} to {until}")
def steady_state(
    history: History,
    since: datetime,
    until: datetime,
    *,
    errors_at_most: float = 0.0,
    requests_at_least: int = 20,
    p95_at_most: str = "",
) -> Answer:
    """Enough requests are made, hardly any goes wrong, and 95 of 100 are as quick as they should be.

    Args:
        history: what happened.
        since: start of the window, included.
        until: end of the window; a request that is still under way then does not count.
        errors_at_most: share of requests, 0 to 1, that may fail.
        requests_at_least: fewer than this say nothing about the system.
        p95_at_most: what 95 of 100 requests take at most, such as `"300ms"`; "" asks nothing of the kind.
    """
    requests = whole(awaited(history), since, until)
    tally = Tally.of(requests)
    said = f"{tally}{crossed_words(history, since, until)}"
    if tally.total < requests_at_least:
        return Verdict.UNKNOWN.because(f"{said}: it takes {count(requests_at_least, 'request')} to tell", requests)
    allowed = errors_at_most * tally.total
    wrong = [request for request in requests if request.outcome != "ok"]
    if tally.failed > allowed:
        return Verdict.FAILED.because(f"{said}; the first: {wrong[0].operation}, {wrong[0].error}", wrong)
    if tally.failed + tally.unknown > allowed:
        return Verdict.UNKNOWN.because(f"{said}: nobody knows whether those succeeded", wrong)
    slow = _slow(requests, p95_at_most)
    if slow:
        return Verdict.FAILED.because(f"{said}; 95 of 100 took up to {spoken(slow.latency_seconds)}", (slow,))
    return Verdict.PASSED.because(said, (requests[0], requests[-1]))


def _slow(requests: Sequence[RequestFinished], limit: str) -> RequestFinished | None:
    """Give the request that is slower than 95 of 100, if it is slower than it may be."""
    ranked = sorted(requests, key=attrgetter("latency_seconds"))
    found = ranked[int(0.95 * (len(ranked) - 1))]
    return found if limit and found.latency_seconds > duration(limit).total_seconds() else None
