"""The search: hypothesis draws schedules, what is new guides it, and a broken promise is shrunk to a short story."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, given, settings, target
from hypothesis import seed as seeded

from harness.checks.promises import Finding, Promises, findings
from harness.errors import HarnessError, ScenarioError
from harness.explore.coverage import Coverage, seen_in
from harness.explore.orders import order_findings
from harness.explore.playing import play
from harness.explore.schedules import Radius, Schedule, schedules
from harness.history import History
from harness.stacks.services.twin import TwinService

Player = Callable[[Schedule], History]


@dataclass(frozen=True, slots=True)
class Played:
    """One schedule that a search has played."""

    number: int
    """From 1, in the order of the search."""
    schedule: Schedule
    features: frozenset[tuple[str, ...]]
    """What was seen in it."""
    is_broken: bool
    """Whether it broke a promise."""

    def __str__(self) -> str:
        return (
            f"{self.number} played: " + " + ".join(blow.fault for blow in self.schedule.blows) + " ✗" * self.is_broken
        )


Say = Callable[[Played], object]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and how long.

    Raises:
        ScenarioError: when a flaw that is to be turned off is not known.
    """

    radius: Radius
    promises: Promises = field(default_factory=Promises)
    examples: int = 200
    """Schedules to draw, those that shrinking plays not counted."""
    seconds: float = 120.0
    """Wall seconds after which nothing new is drawn."""
    seed: int = 20241201
    part: int = 0
    """Which of the searches of one seed this is: each draws other schedules, and plays them alike."""
    rules: Path | None = None
    """The rules that are tried; the course's without one."""
    mended: tuple[str, ...] = ()
    """Flaws of the service that are turned off; what those that are not explain is no news."""

    @property
    def service(self) -> TwinService:
        """What is under test."""
        service = TwinService(fixes=self.mended)
        return replace(service, rules=self.rules) if self.rules else service

    def __post_init__(self) -> None:
        self.service  # noqa: B018 - which refuses a flaw that nobody knows


@dataclass(slots=True)
class Found:
    """What came of a search."""

    coverage: Coverage = field(default_factory=Coverage)
    schedule: Schedule | None = None
    """The smallest schedule that breaks a promise, when one was found."""
    findings: Sequence[Finding] = ()
    """What it breaks."""
    seconds: float = 0.0
    """Wall seconds that it took."""
    skipped: set[str] = field(default_factory=set)
    """Why schedules could not be played: faults that the simulation cannot do."""
    broken_off: set[str] = field(default_factory=set)
    """What the harness failed at in schedules that were not played to their end, of which nothing is known."""


class _Broken(AssertionError):
    """A promise was broken: what hypothesis shrinks."""


class _Judge:
    """Plays each schedule once, however often hypothesis asks, and keeps in `found` what was covered."""

    def __init__(self, search: Search, found: Found, *, say: Say, player: Player) -> None:
        self._search = search
        self._found = found
        self._say = say
        self._play = player
        self._judged: dict[Schedule, Sequence[Finding]] = {}

    def __call__(self, schedule: Schedule) -> Sequence[Finding]:
        """Give the promises that a schedule breaks, as far as it can be played."""
        if schedule not in self._judged:
            self._judged[schedule] = self._played(schedule)
        return self._judged[schedule]

    def _played(self, schedule: Schedule) -> Sequence[Finding]:
        search, found = self._search, self._found
        try:
            history = self._play(schedule)
        except ScenarioError as error:
            found.skipped.add(str(error))
            return ()
        except HarnessError as error:
            found.broken_off.add(f"{' + '.join(blow.fault for blow in schedule.blows)}: {error}")
            return ()
        broken = (*order_findings(history, mended=search.mended), *findings(history, search.promises))
        features = seen_in(schedule, history)
        target(float(found.coverage.take(features)), label="new to the search")
        self._say(Played(found.coverage.plays, schedule, features, is_broken=bool(broken)))
        return broken


def explore(search: Search, *, say: Say = lambda _: None, player: Player | None = None) -> Found:
    """Look for a schedule that breaks a promise.

    Args:
        search: where to look, and how long.
        say: told of each schedule that was played.
        player: plays a schedule; the simulated stack without one.

    Returns: the smallest story found, or none, and what was covered.
    """
    found, began = Found(), time.perf_counter()
    player = player or (lambda schedule: play(schedule, seed=search.seed, service=search.service))
    judge = _Judge(search, found, say=say, player=player)

    @seeded(search.seed + search.part)
    @settings(
        max_examples=search.examples,
        deadline=None,
        database=None,
        derandomize=False,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate, Phase.target, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(schedules(search.radius))
    def promises_hold(schedule: Schedule) -> None:
        if found.schedule is None and time.perf_counter() - began > search.seconds:
            return
        broken = judge(schedule)
        if broken and (found.schedule is None or broken[0].promise == found.findings[0].promise):
            found.schedule, found.findings = schedule, broken
            raise _Broken(broken[0].promise)

    with contextlib.suppress(_Broken):
        promises_hold()
    found.seconds = time.perf_counter() - began
    return found
