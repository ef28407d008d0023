"""The chart of a run: every request a point, and under it rates, errors and what went on meanwhile."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.checks.wording import count
from harness.durations import spoken
from harness.events import Jumped, RequestFinished
from harness.history import History
from harness.report.colours import Colour, legend
from harness.report.lanes import Lane, Span, lanes
from harness.report.marks import OUTCOMES, Marks, marks
from harness.report.panels import Panel, error_share, quantile_lines, request_rate
from harness.report.series import BREAK, Axis, Tick
from harness.report.windows import Windows

WIDTH, HEIGHT, PANEL, LANE, BRACKET = 1040.0, 260.0, 64.0, 24.0, 17.0
"""Of the plot, its upper part, a panel under it, a lane under those, a bracket in a lane; in the chart's own units."""

_LATENCIES = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Row:
    """A lane and where it is."""

    y: float
    height: float
    lane: Lane


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn, in the chart's own units."""

    begins: datetime
    ends: datetime
    height: float
    marks: Marks
    windows: Windows
    quantiles: tuple[tuple[str, str], ...]
    """Colour and path of each line."""
    levels: tuple[Tick, ...]
    """Latencies at the side; `x` counts downwards."""
    panels: tuple[Panel, ...]
    ticks: tuple[Tick, ...]
    breaks: tuple[Span, ...]
    bands: tuple[Span, ...]
    """Faults, behind the points."""
    rows: tuple[Row, ...]
    drawn: str
    """What was drawn of what there was."""
    data: dict[str, Any]
    """What the page's script reads."""

    def legend(self) -> tuple[Colour, ...]:
        """Give the colours that it uses."""
        used = {OUTCOMES[kind[0]] for kind in self.marks.kinds} | {name for name, _ in self.quantiles}
        for row in self.rows:
            used |= {span.kind for span in (*row.lane.spans, *row.lane.marks)}
            used |= {"bracket"} if row.lane.brackets else set()
        return legend(used)


def chart(history: History) -> Chart:
    """Lay out the chart of a run."""
    begin, end = min(event.at for event in history), max(event.at for event in history)
    axis = Axis.of((begin, end), history.of(Jumped), width=WIDTH)
    requests = history.of(RequestFinished)
    scale, windows = Scale.of(requests), Windows.of(requests, axis)
    rows = tuple(_rows(lanes(history, axis), HEIGHT + 2 * PANEL))
    points = marks(requests, axis, height_of=scale.y)
    zone = begin.utcoffset()
    return Chart(
        begins=begin,
        ends=end,
        height=HEIGHT + 2 * PANEL + sum(row.height for row in rows),
        marks=points,
        windows=windows,
        quantiles=tuple(quantile_lines(windows, axis, height_of=scale.y)),
        levels=scale.levels(),
        panels=(
            request_rate(windows, axis, top=HEIGHT, height=PANEL),
            error_share(windows, axis, top=HEIGHT + PANEL, height=PANEL),
        ),
        ticks=axis.ticks(apart=56),
        breaks=tuple(Span(x, BREAK, "break", f"{spoken(length)} crossed by a jump") for x, length in axis.breaks()),
        bands=tuple(span for row in rows for span in row.lane.spans if span.kind == "fault"),
        rows=rows,
        drawn=_drawn(points.drawn, points.total),
        data={
            "width": WIDTH,
            "height": HEIGHT,
            "zone": zone.total_seconds() if zone else 0,
            "stretches": axis.data(),
            "scale": (scale.low, scale.high),
            "marks": points.data(),
        },
    )


@dataclass(frozen=True, slots=True)
class Scale:
    """Latency on a log scale, upwards."""

    low: float
    high: float

    @classmethod
    def of(cls, requests: Sequence[RequestFinished]) -> Scale:
        """Choose round ends around every latency there is."""
        seen = [max(request.latency_seconds, _LATENCIES[0]) for request in requests] or [0.1]
        low = max((level for level in _LATENCIES if level <= min(seen)), default=_LATENCIES[0])
        high = min((level for level in _LATENCIES if level >= max(seen)), default=max(seen))
        return cls(low, high if high > low else low * 10)

    def y(self, latency: float) -> float:
        """Say how far from the top a latency is."""
        share = math.log(max(latency, self.low) / self.low) / math.log(self.high / self.low)
        return HEIGHT - 10 - share * (HEIGHT - 20)

    def levels(self) -> tuple[Tick, ...]:
        """Label the side."""
        inside = [level for level in _LATENCIES if self.low <= level <= self.high]
        return tuple(Tick(round(self.y(level), 1), spoken(level)) for level in inside)


def _rows(found: Sequence[Lane], top: float) -> Iterator[Row]:
    for lane in found:
        height = LANE + BRACKET * len({one.level for one in lane.brackets})
        yield Row(top, height, lane)
        top += height


def _drawn(drawn: int, total: int) -> str:
    if not total:
        return "There were no requests to draw."
    if drawn == total:
        return f"All {count(total, 'request')} drawn."
    return (
        f"{drawn:,} marks stand for {count(total, 'request')}: those that would lie on one another are drawn once, "
        "each outcome apart, so no lone failure is hidden."
    )
