"""`pizza-chaos explore`: looks for the outage that nobody would notice, and tells it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from harness.durations import duration
from harness.errors import ScenarioError
from harness.explore.orders import not_asked
from harness.explore.schedules import Schedule
from harness.explore.search import Found, Search
from harness.explore.story import as_scenario, in_words
from harness.explore.workers import explore_on
from harness.scorecard.command import rules_of

Say = Callable[[str], object]


def time_of(within: str) -> float:
    """Read how many seconds a search may take.

    Raises:
        ScenarioError: when that is no time at all.
    """
    seconds = duration(within).total_seconds()
    if not seconds:
        message = f"--within {within} leaves no time to search. Give more than nothing, such as 30s."
        raise ScenarioError(message)
    return seconds


def explore_now(search: Search, *, save: Path | None, say: Say, progress: Say, processors: int = 1) -> int:
    """Search, tell what was found, and keep it as a scenario; gives the exit code.

    It is 0 when nothing was found, 1 when something was, and 2 when nothing is known: nothing could be played, or the
    harness failed in a schedule and nothing was found in the others.

    Args:
        search: where to look, and how long.
        save: the folder that gets the scenario; None to keep none.
        say: for standard output.
        progress: for standard error.
        processors: how many search at once.

    Raises:
        ScenarioError: when the rules cannot be read, or hold no alert.
    """
    rules_of(search.rules)  # a mistake in the file is found before anything is played
    try:
        found = explore_on(processors, search, say=lambda played: progress(str(played)))
    except KeyboardInterrupt:
        progress(f"stopped: nothing of it is kept. With --within 1m it stops by itself, and tells; seed {search.seed}.")
        raise
    return tell(found, search, save=save, say=say)


def tell(found: Found, search: Search, *, save: Path | None, say: Say) -> int:
    """Tell what came of a search, and give the exit code; see `explore_now`."""
    _tell_coverage(found, search, say=say)
    if not found.coverage.plays:
        say("nothing could be played, so nothing is known. Name other faults with --fault.")
        return 2
    if found.schedule is None:
        say("every promise held in what was played; that is no proof for the rest.")
        return 2 if found.broken_off else 0
    say("")
    say("the smallest story that breaks a promise:")
    for line in in_words(found.schedule, found.findings):
        say(line)
    if save is not None:
        say("saved; play it again, or without --stack on real processes:")
        say(f"  {_save(found, found.schedule, search=search, folder=save)}")
    return 1


def _tell_coverage(found: Found, search: Search, *, say: Say) -> None:
    for line in found.coverage.words():
        say(line)
    rate = found.coverage.plays / found.seconds if found.seconds else 0.0
    say(f"{found.coverage.plays} schedules in {found.seconds:.0f} s, {rate:.1f} a second")
    for reason in sorted(found.skipped):
        say(f"not played: {reason}")
    for reason in sorted(found.broken_off):
        say(f"broken off, so nothing is known of it: {reason}")
    for reason in not_asked(search.mended):
        say(reason)


def _save(found: Found, schedule: Schedule, *, search: Search, folder: Path) -> str:
    """Keep a story as a scenario, and give the command that plays it again."""
    name = re.sub(r"\W+", "_", f"{found.findings[0].promise}_{'_'.join(blow.fault for blow in schedule.blows)}")
    path = folder / f"test_{name}.py"
    folder.mkdir(parents=True, exist_ok=True)
    replay = shlex.join(["pizza-chaos", "run", str(path), "--stack", "simulated", *_as_in(search)])
    path.write_text(as_scenario(schedule, found.findings, name=name, replay=replay))
    return replay


def _as_in(search: Search) -> list[str]:
    """Give the options with which a run has what a search had."""
    fix = ["--fix", ",".join(search.mended)] if search.mended else []
    rules = ["--rules", str(search.rules)] if search.rules else []
    return [*fix, *rules, "--seed", str(search.seed)]
