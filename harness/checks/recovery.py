"""How long it was down, and how soon it was back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from harness.checks.check import check
from harness.checks.result import Answer, Verdict
from harness.checks.traffic import Outage, Tally, purchase_outages, service_requests, site_outages, whole
from harness.checks.window import ON_TIME, crossed, lived, reached
from harness.clock import between_words
from harness.durations import duration, spoken
from harness.events import RequestFinished
from harness.history import History

LULL = timedelta(seconds=10)
"""For this long all diners may happen to be silent: what the first of them finds then has been so all the while."""


@check("still down at {at}")
def still_down(history: History, at: datetime, *, over: str | timedelta = "1m") -> Answer:
    """Nothing has succeeded for a while.

    Args:
        history: what happened.
        at: the moment.
        over: how long before it is looked at.
    """
    requests = whole(service_requests(history), at - duration(over), at)
    succeeded = [request for request in requests if request.outcome == "ok"]
    tally = Tally.of(requests)
    said = f"{tally} in the {spoken(duration(over))} before"
    if succeeded:
        return Verdict.FAILED.because(f"{said}, {tally.ok:,} ok", succeeded)
    if not tally.failed:
        return Verdict.UNKNOWN.because(f"{said}: nobody can tell", requests)
    return Verdict.PASSED.because(said, requests)


@check("back within {within} of {at}")
def back_within(history: History, at: datetime, within: str | timedelta, *, stays: str | timedelta = "30s") -> Answer:
    """The service was down, answers again soon after `at`, and goes on answering.

    What counts is when the first request that succeeds was sent, as what counts at the beginning of an outage is when
    the first that fails was: how long a reply takes is another matter, and a busy machine's.

    Args:
        history: what happened.
        at: when the remedy is done.
        within: how soon something that succeeds must be sent; or, when diners fall silent before, the next thing.
        stays: how long it may not go down again then.
    """
    length, requests = duration(within), service_requests(history)
    before = [request for request in requests if request.at < at]
    back = next((request for request in requests if request.at >= at and request.outcome == "ok"), None)
    if not before:
        return Verdict.UNKNOWN.because("no request was made before, so nobody knows that it was down")
    if before[-1].outcome == "ok":
        last = before[-1]
        return Verdict.UNKNOWN.because(
            f"it was not down: {last.operation} succeeded at {last.at:%H:%M:%S}, just before", (last,)
        )
    in_vain = max((request for request in requests if not back or request.at < back.at), key=attrgetter("at"))
    if back and _is_found_by(at + length, back, in_vain=in_vain):
        return _stayed(history, back, at=at, until=back.at + duration(stays), before=before[-1])
    if not lived(history, at, at + length):
        return Verdict.UNKNOWN.because("the run did not go through that time")
    if in_vain.at <= at + length:
        return Verdict.UNKNOWN.because(f"nobody asked for anything for a while after {in_vain.at:%H:%M:%S}", (in_vain,))
    said = f"the first success was at {back.at:%H:%M:%S}" if back else "nothing succeeded any more"
    return Verdict.FAILED.because(said, (back,) if back else before[-1:])


def _is_found_by(latest: datetime, back: RequestFinished, *, in_vain: RequestFinished) -> bool:
    since = max(back.started, in_vain.at)
    return since <= latest or (in_vain.at <= latest and since - in_vain.at <= LULL)


def _stayed(
    history: History, back: RequestFinished, *, at: datetime, until: datetime, before: RequestFinished
) -> Answer:
    sent = f", sent at {back.started:%H:%M:%S}," if back.at - back.started >= timedelta(seconds=1) else ""
    detail = f"{back.operation}{sent} succeeded at {back.at:%H:%M:%S}, {spoken(back.at - at)} after"
    again = next((outage for outage in site_outages(history) if back.at < outage.began <= until), None)
    if again:
        return Verdict.FAILED.because(f"{detail}, and it was down again at {again.began:%H:%M:%S}", (again.first,))
    if not reached(history, until):
        return Verdict.UNKNOWN.because(f"{detail}, and the run ended before it was shown to stay", (back,))
    return Verdict.PASSED.because(detail, (before, back))


@check("outage of {expected} since {since}, give or take {tolerance}")
def outage_lasts(history: History, expected: str | timedelta, tolerance: str | timedelta, since: datetime) -> Answer:
    """The longest stretch without a success that begins at `since`, give or take, or later lasts that long.

    It begins when the first request that comes to nothing is sent, which may be while all is still well.
    """
    return _lasts(history, site_outages(history), since, (duration(expected), duration(tolerance)))


@check("purchase outage of {expected} since {since}, give or take {tolerance}")
def purchase_outage_lasts(
    history: History, expected: str | timedelta, tolerance: str | timedelta, since: datetime
) -> Answer:
    """The longest stretch in which the service answers but no order succeeds, from `since` on, lasts that long."""
    return _lasts(history, purchase_outages(history), since, (duration(expected), duration(tolerance)))


def _lasts(history: History, found: Sequence[Outage], since: datetime, band: tuple[timedelta, timedelta]) -> Answer:
    expected, tolerance = band
    if not reached(history, since + expected - tolerance) or not _asked(history, since):
        return Verdict.UNKNOWN.because("the run did not get that far, or nobody asked the service for anything")
    end = history.events[-1].at
    down = [outage for outage in found if outage.began >= since - tolerance]
    if not down:
        return Verdict.FAILED.because("there was no such outage")
    longest = max(down, key=lambda outage: outage.length(end=end))
    evidence = (longest.first, *([longest.back] if longest.back else []))
    if longest.ended is None:
        early = end <= longest.began + expected + tolerance
        verdict = Verdict.UNKNOWN if early else Verdict.FAILED
        return verdict.because(f"down since {longest.began:%H:%M:%S}, and still so when the run ends", evidence)
    verdict = _banded(longest.ended - longest.began, band, unsure=_hidden(history, longest))
    said = between_words(longest.began, longest.ended)
    return verdict.because(f"{said}, {longest.requests:,} requests in vain", evidence)


def _banded(length: timedelta, band: tuple[timedelta, timedelta], *, unsure: timedelta) -> Verdict:
    expected, tolerance = band
    away = abs(length - expected)
    if away + unsure <= tolerance:
        return Verdict.PASSED
    return Verdict.FAILED if away - unsure > tolerance else Verdict.UNKNOWN


def _hidden(history: History, outage: Outage) -> timedelta:
    """Say how much longer or shorter an outage may have been, where a jump hides one of its ends."""
    before = outage.before.at if outage.before else outage.began
    return crossed(history, before, outage.began) + crossed(history, outage.last.at, outage.ended or outage.last.at)


def _asked(history: History, since: datetime) -> bool:
    return any(request.started >= since - ON_TIME for request in service_requests(history))
