"""The report of a run as one HTML file that needs nothing else: no network, no second file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import jinja2

from harness.checks import CheckResult, Judgement, Metrics, Verdict, metrics
from harness.checks.traffic import Tally
from harness.checks.wording import count
from harness.durations import spoken
from harness.events import (
    Event,
    FaultApplied,
    FaultRemoved,
    LogsReceived,
    MetricsReceived,
    RequestFinished,
    RunStarted,
    StepStarted,
)
from harness.history import History
from harness.report.chart import chart
from harness.report.colours import COLOURS
from harness.report.panels import said_windows
from harness.report.sentences import clock, sentence, shortened
from harness.report.windows import Windows

EVENTS_AT_MOST = 2000
"""Rows of the table of events."""

_NUMBERS = {
    "MTTD": ("mttd_seconds", "first page - fault start, of the fault felt first"),
    "MTTA": ("mtta_seconds", "acknowledged - first page"),
    "MTTR": ("mttr_seconds", "service good again - fault start"),
    "outage": ("outage_seconds", "nothing succeeded"),
    "no purchases": ("purchase_outage_seconds", "the site answered, and no order succeeded"),
}

_MOST_PRESSING = (Verdict.FAILED, Verdict.UNKNOWN, Verdict.PASSED)
"""The order in which checks are read: what went wrong is never below what went well."""

pages = jinja2.Environment(
    loader=jinja2.PackageLoader("harness.report"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
"""Where the templates of pages are; the trend has one too."""

pages.filters |= {"shortened": shortened, "counted": count}


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
    a_minute: str
    latencies: tuple[str, ...]
    """Of each quantile, and the slowest."""
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
    run, drawn = history.run, chart(history)
    noted = [event for event in history if not isinstance(event, RequestFinished | MetricsReceived | LogsReceived)]
    paper = {colour.name: colour.light for colour in COLOURS}
    return pages.get_template("report.html.j2").render(
        run=run,
        name=_spoken_name(run.scenario),
        pace=_pace(run),
        judgement=judgement,
        checks=sorted(judgement.checks, key=lambda check: _MOST_PRESSING.index(check.verdict)),
        evidence=_evidence(history, judgement.checks),
        figures=list(_figures(history)),
        plan=_plan(history),
        chart=drawn,
        colours=COLOURS,
        windows=said_windows(drawn.windows),
        data=drawn.data | {"bottom": drawn.height, "paper": paper},
        step=spoken(drawn.windows.length),
        rows=list(_rows(drawn.windows)),
        events=[Line.of(event) for event in noted[:EVENTS_AT_MOST]],
        left_out=max(0, len(noted) - EVENTS_AT_MOST),
        total=len(history),
        damage=history.damage,
    )


def _spoken_name(scenario: str) -> str:
    """Say `test_incident_2024_12_01` as a heading does: `incident 2024-12-01`."""
    name = scenario.rsplit("::", 1)[-1].removeprefix("test_")
    return re.sub(r"(?<=\d)_(?=\d)", "-", name).replace("_", " ")


def _pace(run: RunStarted) -> str:
    if run.stack.startswith("simulated"):
        return "on a virtual clock"
    return "as fast as the wall" if run.speed == 1 else f"{run.speed:g} times as fast as the wall"


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
    yield Figure("pages", f"{measured.pages:,}", _without_a_page(measured))


def _without_a_page(measured: Metrics) -> str:
    if not measured.faults:
        return "no fault was applied"
    return f"missed: {', '.join(measured.missed)}" if measured.missed else "no fault went without one"


def _rows(windows: Windows) -> Iterator[Row]:
    for window in windows.windows:
        said = f"{window.errors[0][0]} ({count(window.errors[0][1], 'time')})" if window.errors else ""
        at = f"{window.start:%H:%M:%S}" if window.start.second else f"{window.start:%H:%M}"
        yield Row(at, window.tally, f"{window.a_minute:,.0f}", tuple(map(spoken, window.latencies)), shortened(said))


def _plan(history: History) -> list[Line]:
    """Tell what the scenario did: its steps, and the faults it applied."""
    told = sorted(history.of(StepStarted, FaultApplied, FaultRemoved), key=lambda event: event.at)
    return [Line.of(event) for event in told]
