"""What lies between the points and the lanes: quantile lines, requests a minute, and the share of each error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.checks.wording import count
from harness.durations import spoken
from harness.report.lanes import Span
from harness.report.sentences import clock, shortened
from harness.report.series import Axis
from harness.report.windows import QUANTILES, Window, Windows, runs_of

OUTCOMES = ("ok", "failed", "unknown")
KINDS = 3
"""Errors that get a colour of their own; what is left shares one."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a column."""

    span: Span
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Panel:
    """Columns on the time axis, one a window."""

    name: str
    top: float
    height: float
    most: str
    """What its upper edge stands for."""
    bars: tuple[Bar, ...]
    legend: tuple[tuple[str, str], ...] = ()
    """Colour and word of each kind, where the legend of the chart cannot know them."""


def quantile_lines(windows: Windows, axis: Axis, *, height_of: Callable[[float], float]) -> Iterator[tuple[str, str]]:
    """Draw each quantile through the middles of its windows, broken where a jump was made."""
    for place, name in enumerate(QUANTILES):
        path = ""
        for together in runs_of(windows.windows):
            spots = [(_middle(axis, window), height_of(window.latencies[place])) for window in together]
            if len(spots) == 1:
                wide = axis.x(together[0].end) - axis.x(together[0].start)
                spots = [(spots[0][0] - wide / 2, spots[0][1]), (spots[0][0] + wide / 2, spots[0][1])]
            path += "M" + "L".join(f"{x:.2f} {y:.1f}" for x, y in spots)
        if path:
            yield name, path


def request_rate(windows: Windows, axis: Axis, *, top: float, height: float) -> Panel:
    """Draw how many requests a minute ended, by outcome."""
    whole = [window for window in windows.windows if window.end - window.start == windows.length]
    most = max((window.a_minute for window in whole or windows.windows), default=0.0)
    bars: list[Bar] = []
    for window in windows.windows:
        tally = window.tally
        parts = [(name, getattr(tally, name)) for name in OUTCOMES]
        # A piece of a window at the edge of a jump holds a few requests in a moment: that is no rate.
        full = (height - 8) * min(1.0, window.a_minute / most)
        words = f"{_when(window)} {tally}: {window.a_minute:,.0f} a minute"
        bars += _column(axis, window, _Column(top + height, full, words), parts)
    return Panel("requests a minute", top, height, f"{most:,.0f}", tuple(bars))


def error_share(windows: Windows, axis: Axis, *, top: float, height: float) -> Panel:
    """Draw what share of the requests failed, by the error that diners saw."""
    kinds = windows.error_kinds(KINDS)
    colours = {kind: f"kind-{place}" for place, kind in enumerate(kinds)}
    bars: list[Bar] = []
    for window in windows.windows:
        shares: dict[str, int] = {}
        for error, number in window.errors:
            name = colours.get(error, f"kind-{KINDS}")
            shares[name] = shares.get(name, 0) + number
        told = "; ".join(f"{shortened(error)} {number:,}" for error, number in window.errors[:4])
        full = (height - 8) * window.tally.failed / window.tally.total
        words = f"{_when(window)} {window.tally.failed / window.tally.total:.0%} failed: {told}"
        bars += _column(axis, window, _Column(top + height, full, words), sorted(shares.items()))
    legend = [(colours[kind], shortened(kind)) for kind in kinds]
    legend += [(f"kind-{KINDS}", "any other error")] if any(bar.span.kind == f"kind-{KINDS}" for bar in bars) else []
    return Panel("share failed", top, height, "100 %", tuple(bars), tuple(legend))


@dataclass(frozen=True, slots=True)
class _Column:
    bottom: float
    height: float
    words: str


def _column(axis: Axis, window: Window, column: _Column, parts: list[tuple[str, int]]) -> Iterator[Bar]:
    total = sum(number for _, number in parts)
    start, end = axis.x(window.start), axis.x(window.end)
    bottom = column.bottom
    for name, number in parts:
        if number:
            high = column.height * number / total
            bottom -= high
            span = Span(round(start, 2), round(max(0.5, end - start), 2), name, column.words)
            yield Bar(span, round(bottom, 1), round(high, 1))


def _middle(axis: Axis, window: Window) -> float:
    return (axis.x(window.start) + axis.x(window.end)) / 2


def _when(window: Window) -> str:
    return f"{clock(window.start)} ({spoken(window.end - window.start)})"


def said_windows(windows: Windows) -> str:
    """Say in which windows the lines and columns are counted."""
    return f"Lines and columns count {count(len(windows.windows), 'window')} of {spoken(windows.length)}."
