"""What the ghost comes to: a game day's faults once more, on a simulated shop of its own, and the deeds of 2024-12-01.

It never touches the team's shop, where its remedies would heal what the team is still to find. Its own is broken by the
same faults, as long after the beginning, and nobody helps it. That is played once the game day is over, by a process of
its own, `python -m harness.gameday.haunting RUN`, as a simulation bears no thread beside it; the times are kept in
`ghost.json` beside the history.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from typing import Self

import msgspec

from harness.checks import metrics
from harness.durations import spoken
from harness.errors import HarnessError, ScenarioError
from harness.events import DinersChanged, Event, FaultApplied, PageSent
from harness.gameday.ghost import NIGHT, Deed
from harness.gameday.stories import inject_of
from harness.history import History
from harness.kept import HISTORY_FILE
from harness.report.effects import effects
from harness.scenario import OnCall, Scenario
from harness.stacks.services.twin import TwinService
from harness.stacks.simulated.in_memory import simulated
from harness.stacks.simulated.stack import SimulatedStack

GHOST_FILE = "ghost.json"
GHOST = "the ghost"
SLEEPS_AT_MOST = timedelta(hours=4)
"""How long after the last fault it is given up that anybody would be paged."""

STAYS = timedelta(minutes=15)
"""How long it looks whether all is well after its last deed."""

LOOKS_EVERY = timedelta(seconds=10)
"""How often it looks whether it was paged."""


class Haunted(msgspec.Struct, frozen=True):
    """What the ghost came to."""

    mttd_seconds: float | None = None
    mtta_seconds: float | None = None
    mttr_seconds: float | None = None
    """Its times, as a team's; None for what never came."""
    helped: tuple[str, ...] = ()
    """Those of its remedies that helped."""
    trouble: str = ""
    """Why its day could not be played, if so."""

    @classmethod
    def kept(cls, directory: Path) -> Self | None:
        """Read what is kept of a run; None where nothing is that can be read."""
        try:
            return msgspec.json.decode((directory / GHOST_FILE).read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError):
            return None

    def time(self, field: str) -> str:
        """Say one of its times, in words."""
        seconds: float | None = getattr(self, field)
        return "never" if seconds is None else spoken(seconds)


@dataclass(frozen=True, slots=True)
class Blow:
    """A fault, and when it came."""

    after: timedelta
    """How long after the diners."""
    fault: str
    """Its name in the catalogue."""


@dataclass(frozen=True, slots=True)
class Day:
    """What the ghost is put through."""

    blows: tuple[Blow, ...]
    """Oldest first."""
    diners: int
    seed: int

    @classmethod
    def of(cls, history: History) -> Self:
        """Read it from what the team was put through."""
        came = history.first(DinersChanged)
        began = came.at if came else history.run.at
        blows = (Blow(max(timedelta(), fault.at - began), fault.fault) for fault in history.of(FaultApplied))
        return cls(tuple(blows), came.count if came else 0, history.run.seed)


def haunt(day: Day) -> Haunted:
    """Play the ghost's day in virtual time, which takes some ten seconds."""
    try:
        begins = NIGHT[0].at.replace(tzinfo=UTC)
        with simulated(TwinService(), seed=day.seed, begins=begins, command="gameday", on_call=GHOST) as stack:
            return _measured(_played(day, stack))
    except (ScenarioError, HarnessError) as error:
        return Haunted(trouble=str(error))


def _played(day: Day, stack: SimulatedStack) -> History:
    scenario = Scenario(stack, begins=stack.clock.now(), locate=lambda: GHOST)
    began, pages = stack.clock.now(), _Pages()
    stack.listen(pages.hear)
    stack.ignore_pages("takes the alerts for misconfigured")
    stack.diners(day.diners)
    with ExitStack() as standing:
        blows = [(began + blow.after, partial(_strike, scenario, blow, standing)) for blow in day.blows]
        gives_up = (blows[-1][0] if blows else began) + SLEEPS_AT_MOST
        while not pages.sent and stack.clock.now() < gives_up:
            while blows and blows[0][0] <= stack.clock.now():
                blows.pop(0)[1]()
            stack.live(LOOKS_EVERY)
        if pages.sent:
            woken = pages.sent[0].at
            deeds = [(woken + deed.after, partial(_do, deed, OnCall(scenario, name=GHOST))) for deed in NIGHT]
            for at, action in sorted([*blows, *deeds], key=lambda one: one[0]):
                stack.live(max(timedelta(), at - stack.clock.now()))
                action()
            stack.live(STAYS)
        scenario.notice()
        return stack.so_far()


class _Pages:
    def __init__(self) -> None:
        self.sent: list[PageSent] = []

    def hear(self, event: Event) -> None:
        if isinstance(event, PageSent):
            self.sent.append(event)


def _strike(scenario: Scenario, blow: Blow, standing: ExitStack) -> None:
    fault = inject_of(blow.fault, after=blow.after).fault
    assert fault is not None, "it is one of a fault"
    if not scenario.stands(fault):  # the team had ended it before it came again; the ghost has not
        standing.enter_context(scenario.fault(fault))


def _do(deed: Deed, ghost: OnCall) -> None:
    if deed is NIGHT[0]:
        return
    ghost.acknowledges()
    for remedy in deed.does:
        ghost.performs(remedy, deed.what)
    if deed.looks_at_a_purchase:
        ghost.buys_a_pizza()
    if deed is NIGHT[-1]:
        with contextlib.suppress(HarnessError):  # none of its purchases was answered with one
            ghost.follows_the_report_url()


def _measured(history: History) -> Haunted:
    times = metrics(history)
    helped = tuple(dict.fromkeys(one.remedy.remedy for one in effects(history) if one.helped))
    return Haunted(times.mttd_seconds, times.mtta_seconds, times.mttr_seconds, helped)


class Haunting:
    """The process that plays a run's ghost.

    Cleanup: `close`, at any time; what it was about is not kept then.

    Args:
        directory: of a run that is over.
        command: begins it.
    """

    def __init__(self, directory: Path, command: Sequence[str] = (sys.executable, "-m", __name__)) -> None:
        self._process = subprocess.Popen(
            [*command, str(directory)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    @property
    def goes_on(self) -> bool:
        """Whether it still plays."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def main(directory: Path, play: Callable[[Day], Haunted] = haunt) -> None:
    """Play the ghost of a run, and keep what it came to."""
    os.nice(10)
    haunted = play(Day.of(History.read(directory / HISTORY_FILE)))
    written = directory / f"{GHOST_FILE}.new"
    written.write_bytes(msgspec.json.format(msgspec.json.encode(haunted), indent=2))
    written.replace(directory / GHOST_FILE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
