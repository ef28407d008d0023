"""The requests of a history: whose they are, how they ended, and the stretches in which none succeeded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from harness.checks.wording import count
from harness.events import DiagnosisMade, PageAcknowledged, PageSent, RemedyPerformed, RequestFinished
from harness.history import History
from harness.load.outcomes import Trouble

PURCHASE = "order"
"""The operation that a purchase is."""

ELSEWHERE = frozenset({"verify the pizza"})
"""What diners ask of others: the factory verifies pizzas, and goes on doing so while the service is down."""

OUTAGE_AT_LEAST = 3
"""Requests in a row that must not succeed before it is called an outage."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How a number of requests ended."""

    ok: int
    failed: int
    unknown: int
    """Nobody knows whether these succeeded."""

    @classmethod
    def of(cls, requests: Iterable[RequestFinished]) -> Tally:
        """Count them."""
        ended = Counter(request.outcome for request in requests)
        return cls(ended["ok"], ended["failed"], ended["unknown"])

    @property
    def total(self) -> int:
        """How many there were."""
        return self.ok + self.failed + self.unknown

    def __str__(self) -> str:
        if not self.total:
            return "no requests"
        if self.ok == self.total:
            return f"{count(self.total, 'request')}, all of them ok"
        unknown = f", {self.unknown:,} unknown" if self.unknown else ""
        return f"{count(self.total, 'request')}, {self.failed:,} failed{unknown}"


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which requests were made and none succeeded."""

    began: datetime
    """When the first request that did not succeed was started, or when only this kind was left failing."""
    ended: datetime | None
    """When one succeeded again; None when none did before the history ends."""
    requests: int
    """How many did not succeed."""
    operations: frozenset[str]
    """What they were."""
    before: RequestFinished | None
    """The last success before it, of this kind or any."""
    first: RequestFinished
    last: RequestFinished
    back: RequestFinished | None
    """The success that ended it; None when it did not end, or ended as part of a greater outage."""

    def length(self, *, end: datetime) -> timedelta:
        """How long it lasted; one that never ended lasted until `end`."""
        return (self.ended or end) - self.began


def awaited(history: History) -> tuple[RequestFinished, ...]:
    """Give the requests that diners waited for, in the order in which they ended.

    A diner whom the harness sent home in the middle of one says nothing about the system.
    """
    return history.once(_awaited)


def _awaited(history: History) -> tuple[RequestFinished, ...]:
    requests = (request for request in history.of(RequestFinished) if request.cause != Trouble.LEFT)
    return tuple(sorted(requests, key=attrgetter("at")))


def service_requests(history: History) -> tuple[RequestFinished, ...]:
    """Give the awaited requests that went to the service under test, in the order in which they ended."""
    return history.once(_service_requests)


def _service_requests(history: History) -> tuple[RequestFinished, ...]:
    return tuple(request for request in awaited(history) if request.operation not in ELSEWHERE)


def whole(requests: Iterable[RequestFinished], since: datetime, until: datetime) -> tuple[RequestFinished, ...]:
    """Give the requests that lie wholly in a window; one across its border belongs to neither side."""
    return tuple(request for request in requests if request.started >= since and request.at < until)


def outages(requests: Iterable[RequestFinished]) -> tuple[Outage, ...]:
    """Find every stretch without a success among requests in the order in which they ended."""
    found: list[Outage] = []
    failing: list[RequestFinished] = []
    before = None
    for request in requests:
        if request.outcome != "ok":
            failing.append(request)
            continue
        found += _outage(failing, before=before, back=request)
        before, failing = request, []
    return (*found, *_outage(failing, before=before, back=None))


def site_outages(history: History) -> tuple[Outage, ...]:
    """Find every stretch in which nobody got anything from the service."""
    return history.once(_site_outages)


def _site_outages(history: History) -> tuple[Outage, ...]:
    return _of_everything(outages(service_requests(history)))


def purchase_outages(history: History) -> tuple[Outage, ...]:
    """Find every stretch in which the service answered but nobody could buy anything."""
    return history.once(_purchase_outages)


def _purchase_outages(history: History) -> tuple[Outage, ...]:
    requests = service_requests(history)
    orders = [request for request in requests if request.operation == PURCHASE]
    pieces = outages(orders)
    for down in _of_everything(outages(requests)):
        pieces = tuple(piece for outage in pieces for piece in _without(outage, down, orders))
    return pieces


def _of_everything(found: Sequence[Outage]) -> tuple[Outage, ...]:
    """Leave out stretches in which everybody was trying to buy something, and nobody tried anything else."""
    return tuple(outage for outage in found if outage.operations != {PURCHASE})


def _outage(
    failing: Sequence[RequestFinished], *, before: RequestFinished | None, back: RequestFinished | None
) -> list[Outage]:
    if len(failing) < OUTAGE_AT_LEAST:
        return []
    began, ended = min(one.started for one in failing), back.at if back else None
    operations = frozenset(one.operation for one in failing)
    return [Outage(began, ended, len(failing), operations, before, failing[0], failing[-1], back)]


def _without(outage: Outage, down: Outage, orders: Sequence[RequestFinished]) -> list[Outage]:
    """Cut the time in which the whole service was down out of an outage of one kind.

    An outage of one kind that follows, without a success of that kind in between, began when the service was back: the
    first who tried may have come later.
    """
    if outage.ended and outage.ended <= down.began:
        return [outage]
    if down.ended and down.ended <= outage.began:
        follows = outage.before is None or outage.before.at < down.ended
        return [replace(outage, began=down.ended, before=down.back)] if follows else [outage]
    pieces = []
    if outage.began < down.began:
        pieces += _piece(orders, replace(outage, ended=down.began, back=None))
    if down.ended and (outage.ended is None or down.ended < outage.ended):
        pieces += _piece(orders, replace(outage, began=down.ended, before=down.back))
    return pieces


def _piece(orders: Sequence[RequestFinished], outage: Outage) -> list[Outage]:
    failing = [one for one in orders if one.started >= outage.began and (not outage.ended or one.at < outage.ended)]
    if len(failing) < OUTAGE_AT_LEAST:
        return []
    return [replace(outage, requests=len(failing), first=failing[0], last=failing[-1])]


def staff(history: History) -> frozenset[str]:
    """Name everyone who did something about the system: their own requests are no diner's."""
    return history.once(_staff)


def _staff(history: History) -> frozenset[str]:
    paged = {page.responder for page in history.of(PageSent)} | {ack.responder for ack in history.of(PageAcknowledged)}
    worked = {one.by for one in history.of(RemedyPerformed)} | {one.by for one in history.of(DiagnosisMade)}
    return frozenset(paged | worked)


def new_pages(history: History) -> tuple[PageSent, ...]:
    """Give the first that anybody heard of each page, oldest first; a page that goes up its chain is old news."""
    return history.once(_new_pages)


def _new_pages(history: History) -> tuple[PageSent, ...]:
    first: dict[str, PageSent] = {}
    for page in history.of(PageSent):
        first.setdefault(page.page, page)
    return tuple(first.values())
