"""The report of a run as one HTML file that needs nothing else: no network, no second file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import jinja2

from harness.checks import CheckResult, Judgement, metrics
from harness.checks.traffic import Tally
from harness.checks.wording import count
from harness.durations import spoken
from harness.events import Event, LogsReceived, MetricsReceived, RequestFinished
from harness.history import History
from harness.report.chart import OUTCOMES, chart
from harness.report.sentences import clock, sentence, shortened
from harness.report.series import STEPS

ROWS_AT_MOST = 240
"""Rows of the table of requests; a longer run gets longer rows."""

EVENTS_AT_MOST = 2000
"""Rows of the table of events."""

_NUMBERS = {
    "MTTD": ("mttd_seconds", "first page - fault start, of the fault felt first"),
    "MTTA": ("mtta_seconds", "acknowledged - first page"),
    "MTTR": ("mttr_seconds", "service good again - fault start"),
    "outage": ("outage_seconds", "nothing succeeded"),
    "no purchases": ("purchase_outage_seconds", "the site answered, and no order succeeded"),
}

_pages = jinja2.Environment(
    loader=jinja2.PackageLoader("harness.report"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
_pages.filters |= {"shortened": shortened}


@dataclass(frozen=True, slots=True)
class Line:
    """An event as a row of a table."""

    seq: int
    at: str
    words: str

    @classmethod
    def of(cls, event: Event) -> Line:
        """Tell an event."""
        return cls(event.seq, clock(event.at), sentence(event))


@dataclass(frozen=True, slots=True)
class Row:
    """The requests of a stretch of time, as a row of a table."""

    at: str
    tally: Tally
    median: str
    slowest: str
    error: str
    """The most frequent error, or ""."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that sums up the run."""

    name: str
    value: str
    meaning: str


def report_page(history: History, judgement: Judgement) -> str:
    """Write the report of a run as one HTML page.

    Raises:
        HarnessError: when the history does not say which run it is of.
    """
    run, step, drawn = history.run, _step(history), chart(history)
    noted = [event for event in history if not isinstance(event, RequestFinished | MetricsReceived | LogsReceived)]
    return _pages.get_template("report.html.j2").render(
        run=run,
        judgement=judgement,
        evidence=_evidence(history, judgement.checks),
        figures=list(_figures(history)),
        chart=drawn,
        outcomes=OUTCOMES,
        pointed_at=[(point.x, point.y, drawn.words[point.seq]) for point in drawn.points],
        step=spoken(step),
        rows=list(_rows(history.of(RequestFinished), step)),
        events=[Line.of(event) for event in noted[:EVENTS_AT_MOST]],
        left_out=max(0, len(noted) - EVENTS_AT_MOST),
        total=len(history),
        damage=history.damage,
    )


def _evidence(history: History, results: Iterable[CheckResult]) -> Mapping[int, Line]:
    """Tell the events that some check shows, by their place in the history."""
    wanted = {seq for result in results for seq in result.evidence}
    return {event.seq: Line.of(event) for event in history if event.seq in wanted}


def _figures(history: History) -> Iterator[Figure]:
    measured = metrics(history)
    for name, (field, meaning) in _NUMBERS.items():
        seconds = getattr(measured, field)
        yield Figure(name, spoken(seconds) if seconds else "none", meaning)
    yield Figure("requests", f"{measured.requests:,}", f"{measured.failed:,} failed, {measured.unknown:,} unknown")
    yield Figure("diners affected", f"{measured.affected_diners:,}", "had something fail")
    missed = f"missed: {', '.join(measured.missed)}" if measured.missed else "no fault went without one"
    yield Figure("pages", f"{measured.pages:,}", missed)


def _step(history: History) -> timedelta:
    """Choose how much time a row of the table of requests stands for."""
    seconds = [request.at.timestamp() for request in history.of(RequestFinished)]
    for step in STEPS:
        if len({at // step.total_seconds() for at in seconds}) <= ROWS_AT_MOST:
            return step
    return STEPS[-1]


def _rows(requests: Iterable[RequestFinished], step: timedelta) -> Iterator[Row]:
    buckets: dict[float, list[RequestFinished]] = {}
    for request in requests:
        buckets.setdefault(request.at.timestamp() // step.total_seconds(), []).append(request)
    for number, inside in sorted(buckets.items()):
        latencies = [request.latency_seconds for request in inside]
        errors = Counter(request.error for request in inside if request.error).most_common(1)
        at = datetime.fromtimestamp(number * step.total_seconds(), inside[0].at.tzinfo)
        said = f"{errors[0][0]} ({count(errors[0][1], 'time')})" if errors else ""
        yield Row(f"{at:%H:%M}", Tally.of(inside), spoken(median(latencies)), spoken(max(latencies)), said)
