"""Nights in a row: each scenario's times by run, and what got worse than it used to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.durations import spoken
from harness.report.colours import COLOURS
from harness.report.page import pages
from harness.report.shelf import MEASURES, Kept

EARLIER_AT_LEAST = 3
"""Runs before it that a run is compared with; fewer have no habit."""

WORSE_BY = 1.25
"""A time is a regression when it is longer than the median of earlier ones by this factor, and by SECONDS as well."""

SECONDS = 5.0
RUNS_AT_MOST = 400
"""Of one scenario on the page: more than a year of nights."""

WIDTH, HEIGHT = 720.0, 90.0


@dataclass(frozen=True, slots=True)
class Regression:
    """A time that got worse."""

    run: Kept
    measure: str
    """`MTTD`, `outage`, …"""
    seconds: float
    usual: float
    """The median of the runs before it, in seconds."""

    def __str__(self) -> str:
        return (
            f"{self.run.scenario} on {self.run.stack}: {self.measure} {spoken(self.seconds)}, "
            f"usually {spoken(self.usual)} ({self.run.directory})"
        )


@dataclass(frozen=True, slots=True)
class Dot:
    """A run on a line."""

    x: float
    y: float
    verdict: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One time of one scenario, from night to night."""

    measure: str
    most: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """The runs of one scenario on one stack."""

    scenario: str
    stack: str
    runs: tuple[Kept, ...]
    lines: tuple[Line, ...]
    left_out: int


def regressions(runs: Sequence[Kept]) -> tuple[Regression, ...]:
    """Find the times in which a run was worse than the median of the runs before it, oldest first."""
    found: list[Regression] = []
    for together in grouped(runs).values():
        for place, run in enumerate(together):
            found += _worse(run, [one for one in together[:place] if one.verdict == "passed"])
    return tuple(sorted(found, key=lambda one: one.run.night))


def latest_regressions(runs: Sequence[Kept]) -> tuple[Regression, ...]:
    """Find what is worse in the newest run of each scenario."""
    newest = {together[-1].directory for together in grouped(runs).values()}
    return tuple(one for one in regressions(runs) if one.run.directory in newest)


def grouped(runs: Sequence[Kept]) -> Mapping[tuple[str, str], list[Kept]]:
    """Put runs of the same scenario on the same stack together."""
    together: dict[tuple[str, str], list[Kept]] = {}
    for run in runs:
        together.setdefault(run.series, []).append(run)
    return together


def trend_page(runs: Sequence[Kept]) -> str:
    """Write the trend of all runs as one HTML page that needs nothing else."""
    series = [_series(name, together) for name, together in sorted(grouped(runs).items())]
    return pages.get_template("trend.html.j2").render(
        series=series,
        worse=latest_regressions(runs),
        total=len(runs),
        colours=COLOURS,
        width=WIDTH,
        height=HEIGHT,
        measures=MEASURES,
        names=dict(zip(MEASURES, map(measure_words, MEASURES), strict=True)),
        night=night,
        time=lambda seconds: "none" if seconds is None else spoken(seconds),
    )


def write_trend(runs: Sequence[Kept], directory: Path) -> Path:
    """Write `trend.html` into the directory that keeps the runs."""
    path = directory / "trend.html"
    path.write_text(trend_page(runs), encoding="utf-8")
    return path


def _worse(run: Kept, earlier: Sequence[Kept]) -> Iterator[Regression]:
    for measure in MEASURES:
        seconds = getattr(run, measure)
        known = [value for one in earlier if (value := getattr(one, measure)) is not None]
        if seconds is None or len(known) < EARLIER_AT_LEAST:
            continue
        usual = median(known)
        if seconds > usual * WORSE_BY and seconds - usual > SECONDS:
            yield Regression(run, measure_words(measure), seconds, usual)


def measure_words(measure: str) -> str:
    """Say what a measure is called: `MTTD`, `purchase outage`."""
    words = measure.removesuffix("_seconds").replace("_", " ")
    return words.upper() if words.startswith("mtt") else words


def _series(name: tuple[str, str], together: Sequence[Kept]) -> Series:
    shown = tuple(together[-RUNS_AT_MOST:])
    lines = tuple(line for measure in MEASURES if (line := _line(measure, shown)) is not None)
    return Series(*name, shown, lines, len(together) - len(shown))


def _line(measure: str, runs: Sequence[Kept]) -> Line | None:
    known = [(place, run, value) for place, run in enumerate(runs) if (value := getattr(run, measure)) is not None]
    most = max((value for _, _, value in known), default=0.0)
    if not most:
        return None
    apart = WIDTH / max(1, len(runs) - 1)
    dots = (
        Dot(
            round(place * apart, 1),
            round(HEIGHT - value / most * (HEIGHT - 8), 1),
            run.verdict,
            f"{night(run.night)} {measure_words(measure)} {spoken(value)}, {run.verdict}",
        )
        for place, run, value in known
    )
    return Line(measure_words(measure), spoken(most), tuple(dots))


def night(stamp: str) -> str:
    """Say when a run began: `2026-11-23 03:15`."""
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]} {stamp[9:11]}:{stamp[11:13]}"
