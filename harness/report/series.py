"""Time and points on a chart, without a chart: an axis with breaks, and marks thinned without a lie.

Rules of this file: nothing is drawn inside a break, for nothing is claimed about it; thinning drops only marks that
would lie on another of the same kind, so a lone failure is never lost; how much was dropped is said.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.events import Jumped

BREAK = 14.0
"""Width of a break in the axis."""

NARROWEST = 6.0
"""What every stretch gets before the rest is shared out by length; without it a short one would vanish."""

STEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440))
"""Distances between ticks that people can count in."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the axis that the run lived through."""

    start: datetime
    end: datetime
    x: float
    width: float

    def place(self, at: datetime) -> float:
        """Say where an instant of it is."""
        length = (self.end - self.start).total_seconds()
        share = (at - self.start).total_seconds() / length if length else 0.0
        return self.x + self.width * min(1.0, max(0.0, share))


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps incident time to places, with a break for each jump."""

    stretches: tuple[Stretch, ...]

    @classmethod
    def of(cls, span: tuple[datetime, datetime], jumps: Iterable[Jumped], *, width: float) -> Axis:
        """Lay out a span of time over a width.

        Args:
            span: the first and the last instant.
            jumps: what was crossed in between.
            width: how much room there is, breaks included.
        """
        lived = list(_lived(span, jumps))
        total = sum((end - start).total_seconds() for start, end in lived) or 1.0
        room = max(0.0, width - BREAK * (len(lived) - 1) - NARROWEST * len(lived))
        stretches: list[Stretch] = []
        x = 0.0
        for start, end in lived:
            wide = NARROWEST + room * (end - start).total_seconds() / total
            stretches.append(Stretch(start, end, x, wide))
            x += wide + BREAK
        return cls(tuple(stretches))

    def x(self, at: datetime) -> float:
        """Say where an instant is; one inside a break is where the break begins."""
        found = bisect_right(self.stretches, at, key=lambda stretch: stretch.start) - 1
        return self.stretches[max(0, found)].place(at)

    def data(self) -> list[tuple[float, float, float, float]]:
        """Give each stretch as numbers: begin and end in epoch seconds, place and width."""
        return [(one.start.timestamp(), one.end.timestamp(), one.x, one.width) for one in self.stretches]

    def breaks(self) -> Iterator[tuple[float, timedelta]]:
        """Give where each break begins, and how much time it stands for."""
        for before, after in zip(self.stretches, self.stretches[1:], strict=False):
            yield before.x + before.width, after.start - before.end

    def ticks(self, *, apart: float) -> tuple[Tick, ...]:
        """Label the axis at round times, or where a stretch begins, at least so far apart."""
        step = self._step(apart)
        candidates: list[Tick] = []
        for stretch in self.stretches:
            rounds = [Tick(stretch.place(at), f"{at:%H:%M}") for at in _rounds(stretch, step)]
            candidates += rounds or [Tick(stretch.x, f"{stretch.start:%H:%M}")]
        kept: list[Tick] = []
        for tick in candidates:
            if not kept or tick.x - kept[-1].x >= apart:
                kept.append(tick)
        return tuple(kept)

    def _step(self, apart: float) -> timedelta:
        widest = max(self.stretches, key=lambda stretch: stretch.width)
        per_second = widest.width / max(1.0, (widest.end - widest.start).total_seconds())
        return next((step for step in STEPS if step.total_seconds() * per_second >= apart), STEPS[-1])


def _lived(span: tuple[datetime, datetime], jumps: Iterable[Jumped]) -> Iterator[tuple[datetime, datetime]]:
    start, end = span
    for jump in sorted(jumps, key=lambda jump: jump.leaves):
        if start <= jump.leaves and jump.at <= end:
            yield start, jump.leaves
            start = jump.at
    yield start, end


def _rounds(stretch: Stretch, step: timedelta) -> Iterator[datetime]:
    midnight = stretch.start.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + step * -((midnight - stretch.start) // step)
    while at <= stretch.end:
        yield at
        at += step


def thinned(x: Sequence[float], y: Sequence[float], *, kinds: Sequence[int], at_most: int) -> dict[int, int]:
    """Keep all marks, or one of each kind in each cell of a grid, as fine a grid as `at_most` marks allow.

    Args:
        x: where each mark is, sideways.
        y: the same, up and down.
        kinds: what tells marks apart: two of different kinds never stand for one another.
        at_most: how many may be kept.

    Returns: for the place of each mark that is kept, how many it stands for, itself included.
    """
    if len(x) <= at_most:
        return dict.fromkeys(range(len(x)), 1)
    cell = FINEST
    while True:
        kept = _one_a_cell(zip(kinds, x, y, strict=True), cell)
        if len(kept) <= at_most:
            return kept
        cell *= 2


FINEST = 0.125
"""Cells of this size, in the chart's units, are what a screen can show when it is zoomed in eight times."""


def _one_a_cell(points: Iterable[tuple[int, float, float]], cell: float) -> dict[int, int]:
    first: dict[tuple[int, int, int], int] = {}
    counted: dict[int, int] = {}
    for place, (kind, x, y) in enumerate(points):
        kept = first.setdefault((kind, int(x / cell), int(y / cell)), place)
        counted[kept] = counted.get(kept, 0) + 1
    return counted
