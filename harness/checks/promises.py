"""What must hold whatever is broken: the promises that monitoring and recovery make to diners.

Pure functions of a history. An outage is what diners feel, in whole minutes, told apart by what they are told: a second
failure behind a first is another outage, and has to be noticed for itself.

Rules of this file: a finding is a sentence with the times in it; what cannot be told (too few requests) is no finding.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.checks.check import Length, check
from harness.checks.result import Answer, Verdict
from harness.checks.traffic import new_pages
from harness.durations import duration, spoken
from harness.events import FaultApplied, FaultRemoved, PageSent, RequestFinished
from harness.history import History

MINUTE = timedelta(minutes=1)
SLOW_SECONDS = 5.0
"""A request that takes longer went wrong to whoever waited."""

ENOUGH = 2
"""A minute in which fewer requests went wrong in one way says nothing."""

SHARE = 0.3
"""Of the requests of the operations that are hurt, in a minute that counts as bad."""

SUFFIX = timedelta(minutes=2)
"""How long after a fault its last harm may still be felt."""


@dataclass(frozen=True, slots=True)
class Promises:
    """What is promised to diners."""

    outage: timedelta = timedelta(minutes=5)
    """An outage that is felt for so long …"""
    paged_within: timedelta = timedelta(minutes=5)
    """… pages somebody within this, counted from its beginning."""
    recovers_within: timedelta = timedelta(minutes=4)
    """Once every fault is gone, the shop is well within this."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Something that diners felt without a break."""

    kind: str
    """What they were told."""
    start: datetime
    end: datetime
    requests: int
    """How many went wrong so."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise that was broken."""

    promise: str
    """Which: `outage is noticed`, `no page without harm`, `recovers by itself`."""
    words: str


def findings(history: History, promises: Promises) -> Iterator[Finding]:
    """Give every promise that this run broke, the gravest first."""
    yield from _unnoticed(history, promises)
    yield from _unrecovered(history, promises)
    yield from _without_harm(history)


def outages(history: History) -> list[Outage]:
    """Give what diners felt, the first first."""
    minutes: dict[datetime, list[RequestFinished]] = defaultdict(list)
    for request in history.of(RequestFinished):
        minutes[request.started.replace(second=0, microsecond=0)].append(request)
    bad: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for minute in sorted(minutes):
        for kind, count in _bad_kinds(minutes[minute]):
            bad[kind].append((minute, count))
    return sorted((each for kind, found in bad.items() for each in _joined(kind, found)), key=lambda each: each.start)


def _bad_kinds(requests: Sequence[RequestFinished]) -> Iterator[tuple[str, int]]:
    asked = Counter(request.operation for request in requests)
    wrong: dict[str, list[RequestFinished]] = defaultdict(list)
    for request in requests:
        if kind := _kind(request):
            wrong[kind].append(request)
    for kind, found in wrong.items():
        of = sum(asked[operation] for operation in {request.operation for request in found})
        if len(found) >= ENOUGH and len(found) >= SHARE * of:
            yield kind, len(found)


def _kind(request: RequestFinished) -> str:
    if request.outcome == "failed":
        return request.error
    is_slow = request.outcome == "unknown" or request.latency_seconds > SLOW_SECONDS
    return "no answer, or a late one" if is_slow else ""


def _joined(kind: str, minutes: Sequence[tuple[datetime, int]]) -> Iterator[Outage]:
    """Join minutes that follow each other; a single better minute between two bad ones ends nothing."""
    start, last, count = minutes[0][0], minutes[0][0], 0
    for minute, wrong in minutes:
        if minute - last > 2 * MINUTE:
            yield Outage(kind, start, last + MINUTE, count)
            start, count = minute, 0
        last, count = minute, count + wrong
    yield Outage(kind, start, last + MINUTE, count)


def _unnoticed(history: History, promises: Promises) -> Iterator[Finding]:
    pages = new_pages(history)  # an old one that goes up its chain, unanswered, tells nobody of a second failure
    for outage in outages(history):
        if outage.end - outage.start < promises.outage:
            continue
        due = outage.start + promises.paged_within
        if any(outage.start - MINUTE <= page.at <= due for page in pages):
            continue
        later = next((page.at for page in pages if page.at > due), None)
        told = f"the next page came at {later:%H:%M:%S}" if later else "nobody was ever paged"
        before = [page for page in pages if page.at < outage.start - MINUTE]
        masked = f", though a page of {before[-1].at:%H:%M:%S} about something else was there" if before else ""
        yield Finding(
            "outage is noticed",
            f"from {outage.start:%H:%M} to {outage.end:%H:%M} {outage.requests} requests got “{outage.kind}”; "
            f"a page was due by {due:%H:%M}, and {told}{masked}",
        )


def _unrecovered(history: History, promises: Promises) -> Iterator[Finding]:
    removed = history.of(FaultRemoved)
    requests = history.of(RequestFinished)
    if not removed or not requests or len(removed) < len(history.of(FaultApplied)):
        return
    gone = max(fault.at for fault in removed)
    well_by = gone + promises.recovers_within
    late = [outage for outage in outages(history) if outage.end > well_by + MINUTE]
    for outage in late:
        yield Finding(
            "recovers by itself",
            f"every fault was gone at {gone:%H:%M:%S}, and after {spoken(promises.recovers_within)} "
            f"requests still got “{outage.kind}”, until {outage.end:%H:%M}",
        )


def _without_harm(history: History) -> Iterator[Finding]:
    """Give pages at times when nothing was broken, nor had just been."""
    spans = _broken(history)
    for page in history.of(PageSent):
        if not any(start <= page.at <= end + SUFFIX * 3 for start, end in spans):
            yield Finding(
                "no page without harm",
                f"{page.responder} was paged at {page.at:%H:%M:%S} about {', '.join(page.alerts)}, "
                "and nothing was broken",
            )


def _broken(history: History) -> list[tuple[datetime, datetime]]:
    ended = {each.id: each.at for each in history.of(FaultRemoved)}
    return [(each.at, ended.get(each.id, history.events[-1].at)) for each in history.of(FaultApplied)]


@check("an outage of {felt} or more pages somebody within {within}")
def every_outage_is_noticed(history: History, felt: Length = "5m", within: Length = "5m") -> Answer:
    """Whatever diners feel for long enough is noticed for itself, a second failure behind a first too."""
    promises = Promises(outage=duration(felt), paged_within=duration(within))
    return _answer(history, list(_unnoticed(history, promises)))


@check("the shop is well within {within} of the end of the last fault")
def recovers_by_itself(history: History, within: Length = "4m") -> Answer:
    """Nothing that a fault leaves behind needs hands, once the fault is gone."""
    return _answer(history, list(_unrecovered(history, Promises(recovers_within=duration(within)))))


@check("nobody is paged about nothing")
def nobody_is_paged_about_nothing(history: History) -> Answer:
    """A page means harm: something is broken, or has just been."""
    return _answer(history, list(_without_harm(history)))


def _answer(history: History, found: Sequence[Finding]) -> Answer:
    if not history.of(RequestFinished):
        return Verdict.UNKNOWN.because("there was no request")
    if found:
        return Verdict.FAILED.because("; ".join(finding.words for finding in found))
    felt = outages(history)
    return Verdict.PASSED.because(f"diners felt {len(felt)} outages" if len(felt) != 1 else "diners felt 1 outage")
