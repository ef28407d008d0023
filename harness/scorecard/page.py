"""The scorecard as one HTML page that needs nothing else: a heat map of every rule at every trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from harness.report.colours import COLOURS
from harness.report.page import pages
from harness.scorecard.replay import Outcome
from harness.scorecard.scores import RuleScore, Scorecard
from harness.scorecard.trials import FAULT
from harness.scorecard.words import findings, footnotes, percent, remark, reset, time, unknowns


@dataclass(frozen=True, slots=True)
class Cell:
    """What one rule did at one trial."""

    kind: Literal["detected", "false", "missed", "quiet"]
    """It noticed what mattered; it rang about nothing; it did not notice; there was nothing to notice."""
    words: str
    """The time it took, or what it did."""
    heat: int = 0
    """From 0, noticed at the end of the fault or later, to 100, at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """One trial."""

    name: str
    felt: str
    """Who felt it, and how badly."""
    cells: tuple[Cell, ...]
    """What each rule did, in the order of the rules."""


def scorecard_page(card: Scorecard, *, title: str) -> str:
    """Write a scorecard as one HTML page."""
    return pages.get_template("scorecard.html.j2").render(
        title=title,
        scores=card.rules,
        rows=[Row(one.play.trial.name, _felt(one), tuple(_cells(card, one))) for one in card.singles],
        findings=list(findings(card)),
        unknowns=list(unknowns(card.broken_off)),
        footnotes=list(footnotes(card)),
        colours=COLOURS,
        percent=percent,
        time=time,
        reset=reset,
        remark=remark,
    )


def _felt(outcome: Outcome) -> str:
    play = outcome.play
    if play.trial.must_stay_quiet:
        return "must stay quiet"
    return f"{play.felt_by}: {play.wrong} of {play.requests} requests went wrong"


def _cells(card: Scorecard, outcome: Outcome) -> Iterator[Cell]:
    return (_cell(score, outcome) for score in card.rules)


def _cell(score: RuleScore, outcome: Outcome) -> Cell:
    name = outcome.play.trial.name
    seconds = score.detected.get(name)
    if seconds is not None:
        return Cell("detected", time(seconds), heat=max(0, round(100 * (1 - seconds / FAULT.total_seconds()))))
    if name in score.false_alarms:
        return Cell("false", "false alarm")
    return Cell("missed", "missed") if outcome.play.matters else Cell("quiet", "")
