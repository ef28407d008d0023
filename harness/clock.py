"""Incident time: the only module that knows how a scenario's time maps to the wall.

Two readings of one clock:

*steady time*    epoch seconds that start at the scenario's beginning, run `speed` times as fast as the wall and never
                 leap. Timers, TTLs, series, pending alerts and the services' own clocks live on it.
*incident time*  what the scenario and the reports say: steady time plus the jumps made so far.

A jump crosses a quiet stretch by moving incident time alone. Whatever lives on steady time (recent series, pending
alerts, timers, TTLs) is carried along untouched, so no rule sees a gap; see docs/decisions/0001-steady-time.md.
"""

from __future__ import annotations

import asyncio
import threading
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Protocol

from harness.durations import spoken
from harness.errors import HarnessError, ScenarioError
from harness.pace import LOOK_SECONDS, PACE_VARIABLE, PaceFile, Stretch

MAX_SPEED = 20.0
"""Above this, real processes begin to fail for no reason of their own (measured; see docs/why.md)."""

SHORTEST_WAIT = timedelta(seconds=1)
"""No timeout on real sockets is squeezed below this much wall time."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A quiet stretch that was crossed instead of lived through."""

    steady: float
    """When it was made, in steady seconds."""
    leaves: datetime
    """The incident time before it."""
    lands: datetime
    """The incident time after it."""

    @property
    def length(self) -> timedelta:
        """How much incident time was crossed."""
        return self.lands - self.leaves


class Timeline:
    """Maps steady seconds to incident time, through the jumps made so far."""

    def __init__(self, begins: datetime) -> None:
        """Start at `begins`, which needs a time zone: the one that reports will use."""
        if begins.tzinfo is None:
            message = f"a scenario begins at {begins}, without a time zone. Name one, such as 'MST' or 'UTC'."
            raise ScenarioError(message)
        self.begins = begins
        self._zone = begins.tzinfo
        self._jumps: tuple[Jump, ...] = ()

    @property
    def zone(self) -> tzinfo:
        """The time zone of the scenario."""
        return self._zone

    @property
    def jumps(self) -> tuple[Jump, ...]:
        """Every jump so far, oldest first."""
        return self._jumps

    def incident(self, steady: float) -> datetime:
        """Say what the incident's own clock read at a steady instant."""
        jumps = self._jumps
        if not jumps:
            return datetime.fromtimestamp(steady, self._zone)
        crossed = jumps[: bisect_right(jumps, steady, key=lambda jump: jump.steady)]
        leapt = sum((jump.length for jump in crossed), timedelta())
        return datetime.fromtimestamp(steady, self.zone) + leapt

    def jump(self, steady: float, *, lands: datetime) -> Jump:
        """Move incident time forward to `lands`, from this steady instant on.

        Raises:
            ScenarioError: when `lands` is not in the future; a jump never goes back.
        """
        leaves = self.incident(steady)
        if lands <= leaves:
            message = f"cannot jump from {leaves:%H:%M:%S} back to {lands:%H:%M:%S}: incident time only moves forward."
            raise ScenarioError(message)
        made = Jump(steady, leaves, lands.astimezone(self.zone))
        self._jumps = (*self._jumps, made)
        return made


class Clock(Protocol):
    """What everything but this module knows of time."""

    timeline: Timeline
    speed: float

    def steady(self) -> float:
        """Steady seconds now."""
        ...

    def now(self) -> datetime:
        """Incident time now."""
        ...

    async def sleep(self, length: timedelta) -> None:
        """Sleep for that much incident time. Cancellation ends it at once."""
        ...


class WallClock:
    """Incident time on real processes: the wall, `speed` times faster.

    Args:
        begins: incident time at the start; its zone is the scenario's.
        speed: incident seconds in a wall second, from 1 up to MAX_SPEED.
        monotonic: seconds of a clock that all processes of this host share.
        wall: epoch seconds of this machine's own clock.

    Raises:
        ScenarioError: when the speed is out of range.
    """

    def __init__(
        self,
        begins: datetime,
        *,
        speed: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,  # noqa: TID251 - the one place
    ) -> None:
        _check_speed(speed)
        self.timeline = Timeline(begins)
        self.speed = speed
        """While time does not stand still."""
        self.is_standing_still = False
        self._monotonic = monotonic
        self._wall = wall
        self._started = monotonic()
        self._epoch = begins.timestamp()
        self._first = Stretch(self._started, 0.0, speed)
        self._pace: PaceFile | None = None

    def steady(self) -> float:
        """Steady seconds now; safe to call from any thread."""
        monotonic = self._monotonic()
        return self._epoch + (self._pace.stretch(monotonic) if self._pace else self._first).at(monotonic)

    def now(self) -> datetime:
        """Incident time now; safe to call from any thread."""
        return self.timeline.incident(self.steady())

    def steady_of(self, wall: float) -> float:
        """Say when it was, in steady seconds, that this machine's own clock read `wall` (seconds since 1970)."""
        return self.steady() - (self._wall() - wall) * self.speed

    def jump(self, lands: datetime) -> Jump:
        """Cross a quiet stretch: incident time moves to `lands`, all else stays as it is."""
        return self.timeline.jump(self.steady(), lands=lands)

    def keep_pace_in(self, path: Path) -> None:
        """Let the speed be changed from now on, also for children that are started from now on.

        Args:
            path: of the pace file, which is made when the speed is first changed (harness/pace.py).
        """
        self._pace = PaceFile(path, self._first)

    def go(self, speed: float) -> None:
        """Let time go at another speed, or go on after it stood still.

        Raises:
            ScenarioError: when the speed is out of range, or no pace is kept.
        """
        _check_speed(speed)
        self._change(speed)
        self.speed, self.is_standing_still = speed, False

    def stand_still(self) -> None:
        """Let time stand still until `go`: whatever lives on it waits.

        Raises:
            ScenarioError: when no pace is kept.
        """
        self._change(0.0)
        self.is_standing_still = True

    async def sleep(self, length: timedelta) -> None:
        """Sleep for that much incident time. Cancellation ends it at once."""
        if self._pace is None:
            await asyncio.sleep(length.total_seconds() / self.speed)  # noqa: TID251 - the one place
            return
        ends = self.steady() + length.total_seconds()
        while True:
            left = max(0.0, ends - self.steady()) / self.speed
            await asyncio.sleep(min(left, LOOK_SECONDS))  # noqa: TID251 - the one place
            if self.steady() >= ends:
                return

    def wait(self, length: timedelta, *, interrupted: threading.Event) -> bool:
        """Block this thread for that much incident time; true when it was interrupted instead."""
        return interrupted.wait(max(0.0, length.total_seconds()) / self.speed)

    def timeout_seconds(self, length: timedelta) -> float:
        """Wall seconds for a timeout on real sockets: scaled, but never squeezed below SHORTEST_WAIT."""
        return max(length.total_seconds() / self.speed, SHORTEST_WAIT.total_seconds())

    def environment(self) -> dict[str, str]:
        """The variable that lets a child process of this host keep the same steady time."""
        clock = {"PIZZA_CLOCK": f"{self._epoch!r} {self._started!r} {self._first.speed!r}"}
        return clock | ({PACE_VARIABLE: str(self._pace.path)} if self._pace else {})

    def _change(self, speed: float) -> None:
        if self._pace is None:
            message = (
                f"time goes at speed {self.speed:g} here and no other: something of this run keeps the wall's time."
            )
            raise ScenarioError(message)
        self._pace.change(speed, monotonic=self._monotonic())

    def __repr__(self) -> str:
        return f"<WallClock {self.now():%Y-%m-%d %H:%M:%S} at {self.speed:g}x>"


def _check_speed(speed: float) -> None:
    if not 1 <= speed <= MAX_SPEED:
        message = (
            f"speed {speed:g} is out of range: 1 to {MAX_SPEED:g}. Real processes cannot be squeezed further; "
            "cross quiet stretches with a jump instead."
        )
        raise ScenarioError(message)


class VirtualClock:
    """Incident time of a simulation: it stands still until the event loop moves it on (harness/testing).

    There is nothing to jump: a quiet stretch is lived through, which costs next to nothing.

    Args:
        begins: incident time at the start; its zone is the scenario's.
    """

    speed = 1.0

    def __init__(self, begins: datetime) -> None:
        self.timeline = Timeline(begins)
        self._epoch = begins.timestamp()
        self._steady = self._epoch

    def move_to(self, elapsed_seconds: float) -> None:
        """Let so many seconds have passed since the start: for the loop, which says so each time it moves on.

        Raises:
            HarnessError: when that would be a step back.
        """
        steady = self._epoch + elapsed_seconds
        if steady < self._steady:
            message = f"virtual time cannot go back by {spoken(self._steady - steady)}. One clock takes one loop."
            raise HarnessError(message)
        self._steady = steady

    def steady(self) -> float:
        """Steady seconds now."""
        return self._steady

    def now(self) -> datetime:
        """Incident time now."""
        return self.timeline.incident(self._steady)

    async def sleep(self, length: timedelta) -> None:
        """Sleep for that much incident time. Cancellation ends it at once."""
        await asyncio.sleep(length.total_seconds())  # noqa: TID251 - on a loop whose time is virtual

    def __repr__(self) -> str:
        return f"<VirtualClock {self.now():%Y-%m-%d %H:%M:%S}>"


def time_of_day(text: str, *, after: datetime) -> datetime:
    """Read `"05:24"` or `"05:24:30"` as the first such time that is not before `after`.

    Raises:
        ScenarioError: when the text is not a time of day.
    """
    for pattern in ("%H:%M", "%H:%M:%S"):
        try:
            read = datetime.strptime(text, pattern)  # noqa: DTZ007 - only the time of day is used
        except ValueError:
            continue
        found = after.replace(hour=read.hour, minute=read.minute, second=read.second, microsecond=0)
        return found if found >= after else found + timedelta(days=1)
    message = f'{text!r} is not a time of day. Write hours and minutes, such as "05:24".'
    raise ScenarioError(message)


def between_words(start: datetime, end: datetime) -> str:
    """Say a stretch of incident time: `05:24:00 to 13:10:31 (7 h 46 min)`."""
    return f"{start:%H:%M:%S} to {end:%H:%M:%S} ({spoken(end - start)})"
