"""A scorecard for a terminal and as JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table

from harness.durations import spoken
from harness.scorecard.mutants import Verdict
from harness.scorecard.plays import Play
from harness.scorecard.replay import Outcome
from harness.scorecard.scores import RuleScore, Scorecard

NOTICES_AT_MOST = 2
"""How many differences of a mutant are said; the first are the gravest."""


def as_table(card: Scorecard, *, title: str) -> Table:
    """Give the scores of each rule as a table."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.add_column("rule", no_wrap=True)
    for heading in ("precision", "recall", "detects in", "resets in", "false alarms"):
        table.add_column(heading, justify="right")
    for score in card.rules:
        figures = (percent(score.precision), percent(score.recall), time(score.detection_seconds), reset(score))
        table.add_row(score.rule, *figures, str(len(score.false_alarms) or ""))
    return table


def findings(card: Scorecard) -> Iterator[str]:
    """Say what all rules together leave open, a sentence each."""
    for name in card.undetected:
        yield f"nothing notices {name}"
    for name, rules in card.not_quiet.items():
        yield f"{name} must stay quiet, and rings {', '.join(rules)}"
    for name in card.masked:
        first, second = name.split(" + ")
        yield f"{first} hides {second}: nothing new rings when it comes on top"
    for name, count in card.storms.items():
        yield f"{name} rings {count} of {len(card.rules)} rules: together they tell that something is wrong, never what"
    everything = [score.rule for score in card.rules if score.rings_at_everything]
    if everything:
        yield f"rings at everything, and so names no cause: {', '.join(everything)}"
    never = [score.rule for score in card.rules if score.never_rang]
    if never:
        yield f"never rang: {', '.join(never)}"
    for score in card.rules:
        if score.never_came:
            yield f"{score.rule} reads {', '.join(score.never_came)}, which nothing pushed"
        if score.failure:
            yield f"{score.rule} could not be evaluated: {score.failure}"


def unknowns(plays: Iterable[Play]) -> Iterator[str]:
    """Say of which plays nothing is known, and what the harness failed at, a sentence each."""
    for play in plays:
        if play.broken_off:
            yield f"broken off, so nothing is known of it: {play.trial.name}: {play.broken_off}"


def footnotes(card: Scorecard) -> Iterator[str]:
    """Say what the scores leave out."""
    unproven = card.unproven
    if unproven:
        yield f"begun, and hit nothing that could be seen: {', '.join(unproven)}"
    unfelt = [name for name in card.unfelt if name not in unproven]
    if unfelt:
        yield f"felt by nobody, so that no rule need notice: {', '.join(unfelt)}"
    singles = [play.trial.name for play in card.skipped if len(play.trial.faults) < 2]
    if singles:
        yield f"the simulated stack cannot do: {', '.join(singles)}"
    pairs = defaultdict[str, list[str]](list)
    for play in card.skipped:
        if play.trial.name not in singles:
            pairs[play.skipped].append(play.trial.name)
    for reason, names in pairs.items():
        yield f"the second cannot come on top of the first: {', '.join(names)}: {reason}"


def as_text(card: Scorecard, *, title: str) -> Iterator[RenderableType]:
    """Give a scorecard as a terminal shows it."""
    yield as_table(card, title=title)
    yield from findings(card)
    yield from unknowns(card.broken_off)
    yield from footnotes(card)


def scorecard_json(card: Scorecard) -> dict[str, Any]:
    """Give a scorecard as JSON; times in seconds."""
    return {
        "rules": [_rule(score) for score in card.rules],
        "trials": [_trial(one) for one in card.outcomes],
        "undetected": list(card.undetected),
        "not_quiet": {name: list(rules) for name, rules in card.not_quiet.items()},
        "masked": list(card.masked),
        "storms": dict(card.storms),
        "never_rang": [score.rule for score in card.rules if score.never_rang],
        "unfelt": list(card.unfelt),
        "unproven": list(card.unproven),
        "skipped": {play.trial.name: play.skipped for play in card.skipped},
        "broken_off": {play.trial.name: play.broken_off for play in card.broken_off},
    }


def mutation_words(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Say of each mutant whether a trial notices, those that none notices first."""
    survived = [each for each in verdicts if each.survived]
    yield f"{len(verdicts)} mutants: {len(verdicts) - len(survived)} noticed, {len(survived)} not"
    for each in survived:
        yield f"nothing notices {each.mutant.rule} {each.mutant.what}"
    for each in verdicts:
        if not each.survived:
            more = len(each.notices) - NOTICES_AT_MOST
            said = ", ".join(each.notices[:NOTICES_AT_MOST]) + (f", and {more} more" if more > 0 else "")
            yield f"noticed: {each.mutant.rule} {each.mutant.what}: {said}"


def mutation_json(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    """Give mutants as JSON."""
    return [{"rule": each.mutant.rule, "what": each.mutant.what, "notices": list(each.notices)} for each in verdicts]


def percent(share: float | None) -> str:
    """Write a share; an empty text where there is none."""
    return "" if share is None else f"{share:.0%}"


def time(seconds: float | None) -> str:
    """Write a time; an empty text where there is none."""
    if seconds is None:
        return ""
    return spoken(round(seconds)) if round(seconds) else "at once"


def reset(score: RuleScore) -> str:
    """Write how long an alert stays after its fault is gone."""
    return ("over " if score.resets and score.outlasts else "") + time(score.reset_seconds)


def remark(score: RuleScore) -> str:
    """Say what is notable about a rule, in a few words."""
    if score.failure:
        return "could not be evaluated"
    if score.never_rang:
        return "never rang"
    return "rings at everything" if score.rings_at_everything else ""


def _rule(score: RuleScore) -> dict[str, Any]:
    return {
        "rule": score.rule,
        "precision": score.precision,
        "recall": score.recall,
        "detection_seconds": _rounded(score.detection_seconds),
        "reset_seconds": _rounded(score.reset_seconds),
        "reset_is_a_lower_bound": bool(score.resets) and score.outlasts,
        "rings_at_everything": score.rings_at_everything,
        "detected": {name: _rounded(seconds) for name, seconds in score.detected.items()},
        "missed": list(score.missed),
        "false_alarms": list(score.false_alarms),
        "failure": score.failure,
        "never_came": list(score.never_came),
    }


def _trial(outcome: Outcome) -> dict[str, Any]:
    play = outcome.play
    return {
        "trial": play.trial.name,
        "must_stay_quiet": play.trial.must_stay_quiet,
        "felt_by": play.felt_by,
        "requests": play.requests,
        "wrong": play.wrong,
        "detected_by": {rule: _rounded(seconds) for rule, seconds in outcome.detected_by().items()},
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
