"""What diners got: nothing at all, what they asked for, or one certain error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from harness.checks.check import check
from harness.checks.result import Answer, Verdict
from harness.checks.traffic import Tally, awaited, service_requests, whole
from harness.checks.window import ON_TIME, crossed_words, lived
from harness.checks.wording import count, listed, time_words
from harness.durations import duration, spoken
from harness.events import RemedyPerformed, RequestFinished
from harness.history import History

NEXT_TRY = "next try"


@check("nothing succeeds from {since} to {until}")
def nothing_succeeds(
    history: History, since: datetime, until: datetime, *, settle: str | timedelta = "10s", requests_at_least: int = 20
) -> Answer:
    """Every request that diners make to the service fails.

    Args:
        history: what happened.
        since: start of the window.
        until: end of the window.
        settle: a fault takes a moment to do its work; requests begun within this of `since` may still succeed.
        requests_at_least: fewer than this say nothing about the service.
    """
    requests = whole(service_requests(history), since + duration(settle), until)
    tally = Tally.of(requests)
    said = f"{tally}{crossed_words(history, since, until)}"
    succeeded = [request for request in requests if request.outcome == "ok"]
    if succeeded:
        first = succeeded[0]
        detail = f"{tally.ok:,} of {tally.total:,} requests succeeded, first: {first.operation} at {first.at:%H:%M:%S}"
        return Verdict.FAILED.because(detail, succeeded)
    if tally.total < requests_at_least:
        return Verdict.UNKNOWN.because(f"{said}: it takes {count(requests_at_least, 'request')} to tell", requests)
    if tally.unknown:
        return Verdict.UNKNOWN.because(
            f"{said}: an unknown one may have succeeded", (one for one in requests if one.outcome == "unknown")
        )
    return Verdict.PASSED.because(said, (requests[0], requests[-1]))


@check("{operations} work from {since} to {until}")
def operations_work(history: History, operations: Sequence[str], since: datetime, until: datetime) -> Answer:
    """Each of these operations is tried, and succeeds every time."""
    requests = _doing(history, operations, since, until)
    missing = [operation for operation in operations if not any(one.operation == operation for one in requests)]
    failed = [request for request in requests if request.outcome == "failed"]
    if failed:
        first = failed[0]
        detail = f"{Tally.of(requests)}; the first: {first.operation} at {first.at:%H:%M:%S}, {first.error}"
        return Verdict.FAILED.because(detail, failed)
    if missing:
        return Verdict.UNKNOWN.because(f"nobody tried to {listed(missing)}")
    unsure = [request for request in requests if request.outcome == "unknown"]
    if unsure or not requests:
        return Verdict.UNKNOWN.because(f"{Tally.of(requests)}: nobody knows whether they work", unsure)
    return Verdict.PASSED.because(str(Tally.of(requests)), (requests[0], requests[-1]))


@check("{operation} fails with “{message}” from {since} to {until}")
def operations_fail_with(history: History, operation: str, message: str, *, since: datetime, until: datetime) -> Answer:
    """The operation is tried, and fails every time with an error that contains `message`."""
    requests = _doing(history, [operation], since, until)
    succeeded = [request for request in requests if request.outcome == "ok"]
    otherwise = [request for request in requests if request.outcome == "failed" and message not in request.error]
    unsure = [request for request in requests if request.outcome == "unknown"]
    if succeeded:
        return Verdict.FAILED.because(
            f"{len(succeeded):,} of {len(requests):,} succeeded, the first at {succeeded[0].at:%H:%M:%S}", succeeded
        )
    if otherwise:
        detail = f"{len(otherwise):,} of {len(requests):,} failed differently, the first with “{otherwise[0].error}”"
        return Verdict.FAILED.because(detail, otherwise)
    if unsure or not requests:
        said = f"{Tally.of(requests)}: an unknown one may have succeeded" if unsure else f"nobody tried to {operation}"
        return Verdict.UNKNOWN.because(said, unsure)
    return Verdict.PASSED.because(f"all {count(len(requests), 'try', 'tries')} failed with it", requests)


@check("{operation} succeeds again after {at}, {within}")
def operation_succeeds_after(history: History, operation: str, at: datetime, within: str = NEXT_TRY) -> Answer:
    """The operation succeeds once a remedy is done.

    Args:
        history: what happened.
        operation: what diners do.
        at: when the remedy is due; if one was performed within a minute of it, the count starts when it was done.
        within: `next try`, or how soon one must succeed, such as `"30s"`.
    """
    done = _done(history, at)
    tries = [one for one in service_requests(history) if one.operation == operation and one.started >= done]
    return _next_try(tries) if within == NEXT_TRY else _in_time(history, tries, (done, done + duration(within)))


def _next_try(tries: Sequence[RequestFinished]) -> Answer:
    if not tries:
        return Verdict.UNKNOWN.because("nobody tried again")
    first = min(tries, key=lambda one: one.started)
    said = f"begun at {first.started:%H:%M:%S}, by {first.diner}"
    if first.outcome == "ok":
        return Verdict.PASSED.because(f"the next try succeeded: {said}", (first,))
    verdict = Verdict.FAILED if first.outcome == "failed" else Verdict.UNKNOWN
    return verdict.because(f"the next try ended {first.outcome} with “{first.error}”: {said}", (first,))


def _in_time(history: History, tries: Sequence[RequestFinished], window: tuple[datetime, datetime]) -> Answer:
    done, deadline = window
    back = min((one for one in tries if one.outcome == "ok"), key=lambda one: one.at, default=None)
    if back and back.at <= deadline:
        return Verdict.PASSED.because(f"it did at {back.at:%H:%M:%S}, after {spoken(back.at - done)}", (back,))
    if not tries or not lived(history, done, deadline):
        said = "the run did not go through that time" if tries else "nobody tried again"
        return Verdict.UNKNOWN.because(said, tries)
    said = f"not before {back.at:%H:%M:%S}" if back else f"none of {count(len(tries), 'try', 'tries')} succeeded"
    return Verdict.FAILED.because(f"{said}; it was due at {time_words(deadline)}", tries)


def _done(history: History, at: datetime) -> datetime:
    remedies = (remedy.at for remedy in history.of(RemedyPerformed))
    return next((done for done in remedies if at - ON_TIME <= done <= at + timedelta(minutes=1)), at)


def _doing(
    history: History, operations: Sequence[str], since: datetime, until: datetime
) -> tuple[RequestFinished, ...]:
    return whole((one for one in awaited(history) if one.operation in operations), since, until)
