"""The chart of a run: every request a point, and under it a lane for each thing that went on meanwhile."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from harness.checks.wording import count
from harness.durations import spoken
from harness.events import (
    AlertChanged,
    DiagnosisMade,
    Event,
    FaultApplied,
    FaultRemoved,
    Jumped,
    PageAcknowledged,
    PageIgnored,
    PageSent,
    RemedyPerformed,
    RequestFinished,
    StepStarted,
)
from harness.history import History
from harness.report.sentences import clock, sentence
from harness.report.series import BREAK, Axis, Point, Tick, thinned

WIDTH, HEIGHT, LANE = 1040.0, 260.0, 24.0
"""Of the plot, of its upper part, and of one lane under it; in the chart's own units."""

POINTS_AT_MOST = 4000
"""More marks than this are slower to draw than to read."""

OUTCOMES = ("ok", "failed", "unknown")
_LATENCIES = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
_MARKS: tuple[tuple[str, tuple[type[Event], ...]], ...] = (
    ("pages", (PageSent,)),
    ("taken or left", (PageAcknowledged, PageIgnored)),
    ("diagnosis", (DiagnosisMade,)),
    ("remedies", (RemedyPerformed,)),
    ("steps", (StepStarted,)),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A bar in a lane."""

    x: float
    width: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A row under the plot."""

    name: str
    y: float
    spans: tuple[Span, ...] = ()
    marks: tuple[Span, ...] = ()
    """Instants: spans without a width."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn, in the chart's own units."""

    begins: datetime
    ends: datetime
    height: float
    points: tuple[Point, ...]
    words: dict[int, str]
    """What each point says when it is pointed at, by its event."""
    levels: tuple[Tick, ...]
    """Latencies at the side; `x` counts downwards."""
    ticks: tuple[Tick, ...]
    breaks: tuple[Span, ...]
    bands: tuple[Span, ...]
    """Faults, behind the points."""
    lanes: tuple[Lane, ...]
    drawn: str
    """What was drawn of what there was."""

    def path(self, kind: str) -> str:
        """Draw the points of one kind: dots, crosses or triangles, so that colour is not all that tells them apart."""
        shape = {"ok": "h0", "failed": "m-2.5-2.5l5 5m0-5l-5 5", "unknown": "m0-3.5l3.5 6h-7z"}[kind]
        return "".join(f"M{point.x:.1f} {point.y:.1f}{shape}" for point in self.points if point.kind == kind)


def chart(history: History) -> Chart:
    """Lay out the chart of a run."""
    begin, end = min(event.at for event in history), max(event.at for event in history)
    axis = Axis.of((begin, end), history.of(Jumped), width=WIDTH)
    requests = history.of(RequestFinished)
    scale = _Scale.of(requests)
    every = [Point(axis.x(one.at), scale.y(one.latency_seconds), one.outcome, one.seq) for one in requests]
    points = thinned(every, at_most=POINTS_AT_MOST)
    lanes = _lanes(history, axis, end)
    return Chart(
        begins=begin,
        ends=end,
        height=HEIGHT + LANE * len(lanes),
        points=points,
        words=_words(points, requests),
        levels=scale.levels(),
        ticks=axis.ticks(apart=56),
        breaks=tuple(Span(x, BREAK, "break", f"{spoken(length)} crossed by a jump") for x, length in axis.breaks()),
        bands=tuple(span for _, span in _faults(history, axis, end)),
        lanes=lanes,
        drawn=_drawn(len(points), len(every)),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Latency on a log scale, upwards."""

    low: float
    high: float

    @classmethod
    def of(cls, requests: Iterable[RequestFinished]) -> _Scale:
        seen = [max(request.latency_seconds, _LATENCIES[0]) for request in requests] or [0.1]
        low = max((level for level in _LATENCIES if level <= min(seen)), default=_LATENCIES[0])
        high = min((level for level in _LATENCIES if level >= max(seen)), default=max(seen))
        return cls(low, high if high > low else low * 10)

    def y(self, latency: float) -> float:
        share = math.log(max(latency, self.low) / self.low) / math.log(self.high / self.low)
        return round(HEIGHT - 10 - share * (HEIGHT - 20), 1)

    def levels(self) -> tuple[Tick, ...]:
        inside = [level for level in _LATENCIES if self.low <= level <= self.high]
        return tuple(Tick(self.y(level), spoken(level)) for level in inside)


def _words(points: Iterable[Point], requests: Iterable[RequestFinished]) -> dict[int, str]:
    drawn = {point.seq: point.stands_for for point in points}
    said = {}
    for request in requests:
        if request.seq in drawn:
            more = f" (and {count(drawn[request.seq] - 1, 'other')} here)" if drawn[request.seq] > 1 else ""
            said[request.seq] = f"{clock(request.at)} {sentence(request)}{more}"
    return said


def _drawn(drawn: int, total: int) -> str:
    if drawn == total:
        return f"All {count(total, 'request')} drawn."
    return (
        f"{drawn:,} marks stand for {count(total, 'request')}: those that would lie on one another are drawn once, "
        "each outcome apart, so no lone failure is hidden."
    )


def _lanes(history: History, axis: Axis, end: datetime) -> tuple[Lane, ...]:
    rows: list[tuple[str, tuple[Span, ...], tuple[Span, ...]]] = [
        *((fault.id, (span,), ()) for fault, span in _faults(history, axis, end)),
        *((rule, tuple(spans), ()) for rule, spans in _alerts(history, axis, end)),
        *((name, (), tuple(_marks(history, axis, kinds))) for name, kinds in _MARKS),
    ]
    kept = [row for row in rows if row[1] or row[2]]
    return tuple(Lane(row[0], HEIGHT + LANE * place, row[1], row[2]) for place, row in enumerate(kept))


def _faults(history: History, axis: Axis, end: datetime) -> Iterator[tuple[FaultApplied, Span]]:
    ends = {removed.id: removed for removed in history.of(FaultRemoved)}
    for fault in history.of(FaultApplied):
        over = ends[fault.id].at if fault.id in ends else end
        words = f"{clock(fault.at)} to {clock(over)} {fault.id}: {fault.sees}"
        yield fault, _span(axis, (fault.at, over), "fault", words)


def _alerts(history: History, axis: Axis, end: datetime) -> Iterator[tuple[str, list[Span]]]:
    rules: dict[str, dict[str, list[AlertChanged]]] = {}
    for change in history.of(AlertChanged):
        instances = rules.setdefault(change.rule, {})
        instances.setdefault(str(sorted(change.labels.items())), []).append(change)
    for rule, instances in sorted(rules.items()):
        spans = [span for changes in instances.values() for span in _states(changes, axis, end)]
        yield rule, spans


def _states(changes: Sequence[AlertChanged], axis: Axis, end: datetime) -> Iterator[Span]:
    for change, following in zip(changes, [*changes[1:], None], strict=True):
        if change.state == "inactive":
            continue
        over = following.at if following else end
        words = f"{clock(change.at)} to {clock(over)} {change.rule} {change.state}, for {change.reason}"
        yield _span(axis, (change.at, over), change.state.replace(" ", "-"), words)


def _marks(history: History, axis: Axis, kinds: tuple[type[Event], ...]) -> Iterator[Span]:
    for event in history:
        if isinstance(event, kinds):
            yield Span(round(axis.x(event.at), 1), 0.0, type(event).__name__, f"{clock(event.at)} {sentence(event)}")


def _span(axis: Axis, window: tuple[datetime, datetime], kind: str, words: str) -> Span:
    start, end = (axis.x(at) for at in window)
    return Span(round(start, 1), round(max(2.0, end - start), 1), kind, words)
