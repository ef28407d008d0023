"""A run in numbers: how soon it was noticed, taken up and over, and what it cost.

MTTD = first page - fault start. MTTA = acknowledge - first page. MTTR = service good again - fault start. The run's own
are those of the fault that diners felt first; means are for many runs, since over the faults of one they would hide a
short one behind a long one. A fault that was missed has no such time: it is listed, and never averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from harness.checks.impact import Harm
from harness.checks.traffic import Outage, Tally, new_pages, purchase_outages, service_requests, site_outages, staff
from harness.events import UNSTAMPED, FaultApplied, FaultRemoved, PageAcknowledged, PageSent, RequestFinished
from harness.history import History


class FaultMetrics(msgspec.Struct, frozen=True):
    """What became of one fault."""

    fault: str
    """Its name in the catalogue."""
    id: str
    started: datetime
    detection_seconds: float | None
    """From its start to the first new page; None when nobody was paged while it hurt."""
    acknowledge_seconds: float | None
    """From that page until somebody took it; None when nobody did."""
    reset_seconds: float | None
    """From its start until what it broke works again; None when it broke nothing for diners, or for good."""
    failed: int
    """Requests to the service that failed while it was there."""


class Metrics(msgspec.Struct, frozen=True):
    """A run in numbers."""

    mttd_seconds: float | None
    """Of the fault that diners felt first; None when nobody was paged about it."""
    mtta_seconds: float | None
    """Of the same fault; None when nobody took its page."""
    mttr_seconds: float | None
    """Of the same fault; None when it was not over before the run was."""
    outage_seconds: float
    """All the time in which nothing succeeded; one that did not end lasts until the history does."""
    purchase_outage_seconds: float
    """All the time in which the service answered and no order succeeded."""
    requests: int
    failed: int
    unknown: int
    affected_diners: int
    """Different diners who had something fail."""
    pages: int
    missed: tuple[str, ...]
    """Faults about which nobody was paged."""
    faults: tuple[FaultMetrics, ...]


def metrics(history: History) -> Metrics:
    """Measure a run."""
    return history.once(_metrics)


def _metrics(history: History) -> Metrics:
    requests = history.of(RequestFinished)
    tally = Tally.of(requests)
    faults = fault_metrics(history)
    felt = next((fault for fault in faults if fault.failed), None)
    end = history.events[-1].at if history.events else UNSTAMPED
    return Metrics(
        mttd_seconds=felt.detection_seconds if felt else None,
        mtta_seconds=felt.acknowledge_seconds if felt else None,
        mttr_seconds=felt.reset_seconds if felt else None,
        outage_seconds=_total(site_outages(history), end),
        purchase_outage_seconds=_total(purchase_outages(history), end),
        requests=tally.total,
        failed=tally.failed,
        unknown=tally.unknown,
        affected_diners=Harm.of(requests, staff=staff(history)).diners,
        pages=len(history.of(PageSent)),
        missed=tuple(fault.id for fault in faults if fault.detection_seconds is None),
        faults=faults,
    )


def fault_metrics(history: History) -> tuple[FaultMetrics, ...]:
    """Measure each fault, oldest first."""
    removed = {event.id: event.at for event in history.of(FaultRemoved)}
    requests = service_requests(history)
    return tuple(_measure(history, requests, fault, removed.get(fault.id)) for fault in history.of(FaultApplied))


def _measure(
    history: History, requests: Sequence[RequestFinished], fault: FaultApplied, removed: datetime | None
) -> FaultMetrics:
    failed = [
        request
        for request in requests
        if request.outcome == "failed" and request.at >= fault.at and (removed is None or request.started < removed)
    ]
    good = _good_again(requests, {request.operation for request in failed}, removed)
    page = _first_page(history, fault.at, good or removed)
    taken = page and history.first(PageAcknowledged, lambda ack: ack.page == page.page and ack.at >= page.at)
    return FaultMetrics(
        fault=fault.fault,
        id=fault.id,
        started=fault.at,
        detection_seconds=_seconds(page.at - fault.at) if page else None,
        acknowledge_seconds=_seconds(taken.at - page.at) if page and taken else None,
        reset_seconds=_seconds(good - fault.at) if good else None,
        failed=len(failed),
    )


def _good_again(requests: Sequence[RequestFinished], operations: set[str], removed: datetime | None) -> datetime | None:
    """Say when something that a fault broke first succeeded again after it ended."""
    if removed is None:
        return None
    back = (one for one in requests if one.at >= removed and one.outcome == "ok" and one.operation in operations)
    return next((request.at for request in back), None)


def _first_page(history: History, since: datetime, until: datetime | None) -> PageSent | None:
    """Give the first page that began after a fault did."""
    new = (page for page in new_pages(history) if page.at >= since and (until is None or page.at <= until))
    return next(new, None)


def _total(found: Sequence[Outage], end: datetime) -> float:
    return _seconds(sum((outage.length(end=end) for outage in found), timedelta()))


def _seconds(length: timedelta) -> float:
    return round(length.total_seconds(), 3)
