"""What each remedy changed for diners, seen from their requests before and after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.checks.deployment import restarted_tasks
from harness.checks.traffic import Tally, service_requests, whole
from harness.checks.wording import count, listed
from harness.events import FaultApplied, RemedyPerformed, RequestFinished
from harness.history import History
from harness.report.sentences import clock

TRIES = 3
"""An operation is broken when its last tries, this many at most, all failed."""

EARLY = timedelta(minutes=1)
"""A remedy is recorded once it is done; its tasks may have started this long before."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a remedy changed."""

    remedy: RemedyPerformed
    was_broken: bool
    """Whether there was anything for it to mend."""
    helped: bool
    """Whether something that was broken worked before anything else was tried."""
    words: str
    """The same, in a sentence with numbers."""


def effects(history: History) -> tuple[Effect, ...]:
    """Say of each remedy, oldest first, what it changed."""
    remedies, requests = history.of(RemedyPerformed), service_requests(history)
    borders = sorted(event.at for event in history if isinstance(event, RemedyPerformed | FaultApplied))
    end = history.events[-1].at if history.events else None
    return tuple(_effect(history, requests, one, _next(borders, one.at, end)) for one in remedies)


def _next(borders: Iterable[datetime], at: datetime, end: datetime | None) -> datetime:
    return next((border for border in borders if border > at), end or at)


def _effect(history: History, requests: Sequence[RequestFinished], remedy: RemedyPerformed, until: datetime) -> Effect:
    broken = _broken([request for request in requests if request.at < remedy.at])
    after = whole(requests, remedy.at, until + timedelta(microseconds=1))
    mended = [request for request in after if request.outcome == "ok" and request.operation in broken]
    words = _words(broken, after, mended)
    if not mended and broken:
        words += _tasks(history, remedy.at - EARLY, until - EARLY)
    return Effect(remedy, bool(broken), bool(mended), f"{words}.")


def _broken(before: Sequence[RequestFinished]) -> frozenset[str]:
    """Name the operations whose last tries all failed."""
    last: dict[str, list[bool]] = {}
    for request in reversed(before):
        tries = last.setdefault(request.operation, [])
        if len(tries) < TRIES:
            tries.append(request.outcome == "ok")
    return frozenset(operation for operation, tries in last.items() if not any(tries))


def _words(broken: frozenset[str], after: Sequence[RequestFinished], mended: Sequence[RequestFinished]) -> str:
    tally = Tally.of(after)
    if mended:
        back = sorted({request.operation for request in mended})
        still = sorted(broken.intersection(request.operation for request in after) - set(back))
        rest = f", while “{listed(still)}” went on failing" if still else ""
        return f"It helped: “{listed(back)}” succeeded from {clock(mended[0].at)} on{rest}"
    if not tally.total:
        return "Whether it helped cannot be told, as nobody asked for anything before the next step"
    if broken:
        return f"It did not help: none of the {count(tally.total, 'request')} up to {clock(after[-1].at)} succeeded"
    return f"Nothing was failing before it; after it, {tally}"


def _tasks(history: History, since: datetime, until: datetime) -> str:
    started, stopped = restarted_tasks(history, since, until)
    if not started:
        return ", and no service task was started"
    again = "all of them" if len(stopped) == len(started) else f"{len(stopped) or 'none'} of them"
    return f"; {count(len(started), 'service task')} started, and {again} stopped again"
