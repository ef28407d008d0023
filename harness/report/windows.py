"""The requests of a run, counted in windows that fit it: quantiles, rates, and what failed of them.

Rules of this file: a window never reaches across a jump, for nothing is claimed about what lies inside one; a window's
quantile is a latency that some request really had.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.checks.traffic import Tally
from harness.events import RequestFinished
from harness.report.series import Axis, Stretch

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}

ENOUGH = 10
"""Requests in a window that make a quantile worth drawing."""

WINDOWS_AT_MOST = 240
"""More of them are narrower than a line."""

LENGTHS = tuple(timedelta(seconds=each) for each in (5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400))
"""Windows that people can reckon with."""


@dataclass(frozen=True, slots=True)
class Window:
    """What was asked for in a stretch of time."""

    start: datetime
    end: datetime
    tally: Tally
    latencies: tuple[float, ...]
    """In seconds, in the order of QUANTILES, and the slowest."""
    errors: tuple[tuple[str, int], ...]
    """What failed and how often, the most frequent first."""

    @property
    def a_minute(self) -> float:
        """Requests in a minute."""
        return self.tally.total * 60 / max(1.0, (self.end - self.start).total_seconds())


@dataclass(frozen=True, slots=True)
class Windows:
    """A run's windows, oldest first."""

    length: timedelta
    windows: tuple[Window, ...]

    @classmethod
    def of(cls, requests: Sequence[RequestFinished], axis: Axis) -> Windows:
        """Cut a run's requests into the shortest windows in which there is something to see."""
        starts = [stretch.start for stretch in axis.stretches]
        seconds = [request.at.timestamp() for request in requests]
        length = _length(seconds, ENOUGH)
        cut: dict[tuple[int, int], list[RequestFinished]] = {}
        for request, second in zip(requests, seconds, strict=True):
            stretch = max(0, bisect_right(starts, request.at) - 1)
            cut.setdefault((stretch, int(second // length.total_seconds())), []).append(request)
        made = (_window(inside, axis.stretches[key[0]], key[1], length=length) for key, inside in sorted(cut.items()))
        return cls(length, tuple(made))

    def error_kinds(self, at_most: int) -> tuple[str, ...]:
        """Name the most frequent errors of the run."""
        counted: Counter[str] = Counter()
        for window in self.windows:
            counted.update(dict(window.errors))
        return tuple(kind for kind, _ in counted.most_common(at_most))


def _length(seconds: Iterable[float], enough: int) -> timedelta:
    """Choose the shortest window that half of the time holds enough requests."""
    fine = Counter(int(second // LENGTHS[0].total_seconds()) for second in seconds)
    for length in LENGTHS:
        factor = int(length / LENGTHS[0])
        counted: Counter[int] = Counter()
        for place, number in fine.items():
            counted[place // factor] += number
        filled = sum(number >= enough for number in counted.values())
        if len(counted) <= WINDOWS_AT_MOST and filled * 2 >= len(counted):
            return length
    return LENGTHS[-1]


def _window(inside: Sequence[RequestFinished], stretch: Stretch, place: int, *, length: timedelta) -> Window:
    start = datetime.fromtimestamp(place * length.total_seconds(), stretch.start.tzinfo)
    latencies = sorted(request.latency_seconds for request in inside)
    quantiles = (latencies[min(len(latencies) - 1, int(share * len(latencies)))] for share in QUANTILES.values())
    errors = Counter(request.error or "no reason given" for request in inside if request.outcome == "failed")
    return Window(
        max(start, stretch.start),
        min(start + length, stretch.end),
        Tally.of(inside),
        (*quantiles, latencies[-1]),
        tuple(errors.most_common()),
    )


def runs_of(windows: Iterable[Window]) -> Iterator[list[Window]]:
    """Give stretches of windows that touch, so that no line is drawn across what nobody measured."""
    together: list[Window] = []
    for window in windows:
        if together and window.start > together[-1].end:
            yield together
            together = []
        together.append(window)
    if together:
        yield together
