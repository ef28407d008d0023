"""Steady state: the system does what it should, for everyone who asks."""

from __future__ import annotations

from datetime import datetime

from harness.checks.check import check
from harness.checks.result import Answer, Verdict
from harness.checks.traffic import Tally, awaited, whole
from harness.checks.window import crossed_words
from harness.checks.wording import count
from harness.history import History


@check("steady state from {since} to {until}")
def steady_state(
    history: History, since: datetime, until: datetime, *, errors_at_most: float = 0.0, requests_at_least: int = 20
) -> Answer:
    """Enough requests are made, and hardly any goes wrong.

    Args:
        history: what happened.
        since: start of the window, included.
        until: end of the window; a request that is still under way then does not count.
        errors_at_most: share of requests, 0 to 1, that may fail.
        requests_at_least: fewer than this say nothing about the system.
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
    return Verdict.PASSED.because(said, (requests[0], requests[-1]))
