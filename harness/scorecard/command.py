"""What `pizza-chaos scorecard` and `pizza-chaos rules mutate` do: play, judge, and show.

Both give an exit code: 0 when nothing is left open, 1 when something is, and 2 when a trial was broken off, so that
what is shown is only a part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from harness.alerting.loading import load_rule_file
from harness.alerting.rules import RuleGroup
from harness.commands.shapes import FOUND, PASSED, UNKNOWN
from harness.errors import ScenarioError
from harness.scorecard.against import against_words, differences
from harness.scorecard.mutants import judge
from harness.scorecard.page import scorecard_page
from harness.scorecard.playing import play_all
from harness.scorecard.plays import Play, chosen_plays, read_plays, write_plays
from harness.scorecard.replay import replay_all
from harness.scorecard.scores import Scorecard, scorecard
from harness.scorecard.trials import chosen_trials, unplayable
from harness.scorecard.words import as_text, mutation_json, mutation_words, scorecard_json, unknowns
from harness.stacks.services.twin import COURSE_RULES

PAGE, PLAYS = "scorecard.html", "plays.msgpack"

SEED = 20241201

UNBOUND = 200
"""Columns of what is no terminal."""

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be played, and where it is kept.

    Raises:
        ScenarioError: when plays that were kept are wanted, and something that only playing anew could heed.
    """

    faults: tuple[str, ...] = ()
    """The faults to play, or to choose among plays that were kept; every one when empty."""
    pairs: bool = False
    """Whether to play every two of them as well."""
    plays: Path | None = None
    """Plays that were kept; nothing is played then."""
    directory: Path | None = None
    """Where to keep the page and what was played; None to keep nothing."""
    seed: int | None = None
    """Of everything that is random; SEED when None."""

    def __post_init__(self) -> None:
        given = {"--pairs": self.pairs, "--seed": self.seed is not None}
        vain = " and ".join(name for name, is_given in given.items() if is_given)
        if self.plays is not None and vain:
            message = f"--plays plays nothing, so {vain} would be in vain. Leave it out, or leave out --plays."
            raise ScenarioError(message)


def played(wanted: Wanted, *, said: Say) -> Sequence[Play]:
    """Give the plays that are wanted: those that were kept, or played now.

    Args:
        wanted: which.
        said: told of each that has been played; for standard error.
    """
    if wanted.plays is not None:
        return chosen_plays(read_plays(wanted.plays), wanted.faults)
    trials = chosen_trials(wanted.faults, pairs=wanted.pairs)
    if wanted.pairs and (left_out := unplayable(wanted.faults)):
        reasons = ", ".join(f"{name} ({reason})" for name, reason in left_out.items())
        said(f"left out of the pairs, for they cannot be simulated: {reasons}")
    seed = SEED if wanted.seed is None else wanted.seed
    try:
        plays = play_all(trials, seed=seed, said=lambda count, play: said(_progress(count, len(trials), play)))
    except KeyboardInterrupt:
        said("stopped: nothing of it is kept. With --faults it plays fewer.")
        raise
    if wanted.directory is not None:
        wanted.directory.mkdir(parents=True, exist_ok=True)
        write_plays(plays, wanted.directory / PLAYS)
    return plays


def card_of(rules: Path | None, plays: Sequence[Play]) -> Scorecard:
    """Judge a file of rules over plays; the course's rules when there is none."""
    groups = rules_of(rules)
    return scorecard(groups, replay_all(plays, groups), unjudged=[play for play in plays if not play.counts])


def show_scorecard(rules: Path | None, *, against: Path | None, wanted: Wanted, as_json: bool = False) -> int:
    """Play, judge and show a scorecard, and give the exit code.

    Args:
        rules: the rules to score; the course's when None.
        against: other rules to compare them with.
        wanted: what is played.
        as_json: print JSON, and nothing else.
    """
    for file in (rules, against):
        rules_of(file)  # a mistake in a file is found before anything is played
    progress = _progress_console()
    plays = played(wanted, said=progress.print)
    card = card_of(rules, plays)
    other = card_of(against, plays) if against is not None else None
    console = _console()
    if as_json:
        shown = scorecard_json(card) | ({} if other is None else {"against": _against(card, other)})
        console.print_json(json.dumps(shown))
    else:
        for part in as_text(card, title=_title(rules)):
            console.print(part)
        if against is not None and other is not None:
            console.print(f"\nwith {against} instead of {_name(rules)}:")
            for line in against_words(card, other):
                console.print(f"  {line}")
    if wanted.directory is not None:
        wanted.directory.mkdir(parents=True, exist_ok=True)
        page = wanted.directory / PAGE
        page.write_text(scorecard_page(card, title=_title(rules)), encoding="utf-8")
        progress.print(f"heat map: {page}")
    return _exit_code(plays, is_good=card.is_good)


def show_mutants(rules: Path, *, wanted: Wanted, as_json: bool = False) -> int:
    """Play, break rules and show what nothing notices; gives the exit code."""
    groups = rules_of(rules)
    plays = played(wanted, said=_progress_console().print)
    verdicts = list(judge(groups, plays))
    console = _console()
    if as_json:
        console.print_json(json.dumps(mutation_json(verdicts)))
    else:
        for line in (*mutation_words(verdicts), *unknowns(plays)):
            console.print(line)
    return _exit_code(plays, is_good=not any(verdict.survived for verdict in verdicts))


def rules_of(file: Path | None) -> tuple[RuleGroup, ...]:
    """Read a file of rules; the course's rules when there is none.

    Raises:
        ScenarioError: when it cannot be read, or holds no alert rule.
    """
    groups = load_rule_file(file or COURSE_RULES).groups
    if not any(True for group in groups for _ in group.alerts):
        message = f"{file} holds no alert rule. Give a file with at least one."
        raise ScenarioError(message)
    return groups


def _progress_console() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def _exit_code(plays: Sequence[Play], *, is_good: bool) -> int:
    if any(play.broken_off for play in plays):
        return UNKNOWN
    return PASSED if is_good else FOUND


def _console() -> Console:
    """Give standard output; where it is no terminal, a table may be as wide as it needs."""
    console = Console(highlight=False, soft_wrap=True)
    return console if console.is_terminal else Console(highlight=False, soft_wrap=True, width=UNBOUND)


def _name(rules: Path | None) -> str:
    return str(rules) if rules else "the course's rules"


def _title(rules: Path | None) -> str:
    return f"Scorecard of {_name(rules)}"


def _progress(count: int, total: int, play: Play) -> str:
    said = f"felt by {play.felt_by}"
    if not play.counts:
        said = f"broken off: {play.broken_off}" if play.broken_off else "cannot be played"
    return f"{count}/{total}  {play.trial.name}: {said}"


def _against(card: Scorecard, other: Scorecard) -> list[dict[str, object]]:
    return [
        {"trial": one.trial, "before_seconds": one.before_seconds, "after_seconds": one.after_seconds}
        for one in differences(card, other)
    ]
