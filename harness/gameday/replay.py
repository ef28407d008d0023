"""A recorded game day, played back on the same desks: read-only, at any speed, from any moment.

Rules of this file: what is shown comes from the history alone, heard event by event as it was then; a stretch that was
jumped over is jumped over here too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from harness.clock import Timeline
from harness.durations import spoken
from harness.errors import HarnessError, ScenarioError
from harness.events import Jumped
from harness.gameday.board import Board
from harness.gameday.dashboards import Dashboards
from harness.gameday.debrief import Debrief
from harness.gameday.ghost import Ghost
from harness.gameday.stage import Waiting
from harness.gameday.stories import Story, story
from harness.history import History
from harness.kept import HISTORY_FILE, kept_run

LOOKS_EVERY_SECONDS = 0.1
SLOWEST, FASTEST = 0.1, 600.0
"""How fast a recording can be played, against the incident's own time."""


class Replay:
    """Plays a history back.

    Resource handling: `play` in a thread of its own until `end`.

    Args:
        directory: of the run; one that was killed before its verdict will do.
        monotonic: seconds of a clock.

    Raises:
        HarnessError: when there is no history, or it says nothing.
    """

    takes = frozenset({"pause", "resume", "speed", "jump"})
    fixed_pace = ""
    ghost_plays = False

    def __init__(self, directory: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.directory = directory.resolve()
        history = History.read(directory / HISTORY_FILE)
        self.story = _story(history)
        self.trouble = ""
        self.ready, self.over = threading.Event(), threading.Event()
        self._conclusion = self._concluded()
        self._events = sorted(history.events, key=lambda event: event.steady)
        self._begin, self._end = self._events[0].steady, self._events[-1].steady
        self._timeline = Timeline(history.run.at)
        for jump in history.of(Jumped):
            self._timeline.jump(jump.steady, lands=jump.at)
        self._lock = threading.RLock()
        self._monotonic = monotonic
        self._speed, self._is_paused = 1.0, False
        self._from, self._since = self._begin, monotonic()
        self._next = 0
        self.board, self.dashboards, self.ghost = Board(), Dashboards(), Ghost()
        self.ready.set()

    @property
    def debrief(self) -> Debrief | None:
        """What to take home, once the recording has come to its end."""
        return self._conclusion if self._steady() >= self._end else None

    @property
    def now(self) -> datetime:
        """The incident clock of the recording."""
        return self._timeline.incident(self._steady())

    @property
    def lived(self) -> timedelta:
        """How far the recording has come."""
        return timedelta(seconds=self._steady() - self._begin)

    @property
    def pace(self) -> str:
        """How fast it is played, and how long it is, in words."""
        speed = "paused" if self._is_paused else f"speed {self._speed:g}"
        return f"replay of {spoken(self._end - self._begin)}, {speed}"

    @property
    def waiting(self) -> Sequence[Waiting]:
        """Nothing happens here that has not happened."""
        return ()

    def play(self) -> None:
        """Let events be heard when it is time, until somebody ends it."""
        while not self.over.wait(LOOKS_EVERY_SECONDS):
            self.catch_up()

    def catch_up(self) -> None:
        """Let everything be heard that has happened by now."""
        with self._lock:
            until = self._steady()
            while self._next < len(self._events) and self._events[self._next].steady <= until:
                event = self._events[self._next]
                self._next += 1
                self.board.hear(event)
                self.dashboards.hear(event)
                self.ghost.hear(event)

    def end(self) -> None:
        """Stop playing."""
        self.over.set()

    def join(self, who: str, role: str) -> str:
        """Let somebody watch, of whom the history knows nothing."""
        return f"{who} watches as {role}"

    def order(self, action: Callable[[], str]) -> str:
        """Change how it is played."""
        with self._lock:
            said = action()
            self.catch_up()
        return said

    def pause(self, _who: str) -> str:
        """Hold the recording."""
        self._go_on_from(self._steady())
        self._is_paused = True
        return "the recording is held"

    def resume(self, _who: str) -> str:
        """Let it go on."""
        self._go_on_from(self._steady())
        self._is_paused = False
        return "the recording goes on"

    def set_speed(self, who: str, speed: float) -> str:
        """Play it faster or slower.

        Raises:
            ScenarioError: when nobody could follow.
        """
        if not SLOWEST <= speed <= FASTEST:
            message = f"speed {speed:g} is out of range: a recording is played at {SLOWEST:g} to {FASTEST:g}."
            raise ScenarioError(message)
        self.resume(who)
        self._speed = speed
        return f"the recording goes at speed {speed:g}"

    def jump(self, to: timedelta) -> str:
        """Go to a moment of the recording, counted from its beginning; past its end is its end."""
        steady = min(self._end, self._begin + to.total_seconds())
        if steady < self._steady():
            self._rewind()
        self._go_on_from(steady)
        return f"at {spoken(steady - self._begin)} of {spoken(self._end - self._begin)}"

    def _steady(self) -> float:
        gone = 0.0 if self._is_paused else (self._monotonic() - self._since) * self._speed
        return min(self._end, self._from + gone)

    def _go_on_from(self, steady: float) -> None:
        self._from, self._since = steady, self._monotonic()

    def _rewind(self) -> None:
        # Versions go on, or desks that are open would not see that anything changed.
        self.board, self.dashboards, self.ghost = Board(version=self.board.version + 1), Dashboards(), Ghost()
        self._next = 0

    def _concluded(self) -> Debrief | None:
        try:
            return Debrief.of(*kept_run(self.directory), directory=self.directory)
        except HarnessError:
            return None  # it was killed before it was judged: there are desks, and no debrief


def _story(history: History) -> Story:
    """Say what the recorded run was about; a run that is no game day tells what its author believed."""
    run = history.run
    name = run.scenario.removeprefix("gameday-")
    return story(name, seed=run.seed) if name != run.scenario else Story(name, run.hypothesis.rstrip("."))
