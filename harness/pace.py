"""How fast incident time goes, where somebody may change that while processes run: at a game day.

A line of the pace file says how many steady seconds had passed since the start at a reading of the monotonic clock,
which all processes of a host share, and how fast they pass from there: 0 stands still. The last line holds. A line
begins a moment after it was written, so that nobody who has not read it yet sees time go back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PACE_VARIABLE = "PIZZA_PACE"
"""Environment variable that names the file; without it the pace never changes."""

NOTICED_WITHIN_SECONDS = 0.05
"""Wall seconds from writing a line to its beginning."""

KEPT = 4
"""How many of the last lines count: those that have not begun yet, and the one before them."""

LOOK_SECONDS = 0.2
"""Wall seconds after which a sleeper looks again how fast time goes."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time that goes at one speed."""

    since: float
    """Reading of the monotonic clock at its beginning."""
    elapsed: float
    """Steady seconds since the start, by then."""
    speed: float
    """Steady seconds in a wall second; 0 stands still."""

    def at(self, monotonic: float) -> float:
        """Say how many steady seconds have passed since the start."""
        return self.elapsed + (monotonic - self.since) * self.speed


class PaceFile:
    """The pace as a process reads it; the one that leads also writes it.

    Args:
        path: the file, which need not be there yet.
        first: what holds until its first line.
    """

    def __init__(self, path: Path, first: Stretch) -> None:
        self.path = path
        self._first = first
        self._size = 0
        self._stretches: tuple[Stretch, ...] = ()

    @classmethod
    def of(cls, environment: Mapping[str, str], first: Stretch) -> Self | None:
        """Give the pace that this process follows, or None where it never changes."""
        path = environment.get(PACE_VARIABLE)
        return cls(Path(path), first) if path else None

    def stretch(self, monotonic: float) -> Stretch:
        """Give the stretch that this reading lies in; safe to call from any thread."""
        self._read()
        return next((each for each in reversed(self._stretches) if each.since <= monotonic), self._first)

    def change(self, speed: float, *, monotonic: float) -> None:
        """Let time go at this speed, from a moment after this reading on."""
        since = monotonic + NOTICED_WITHIN_SECONDS
        elapsed = self.stretch(since).at(since)
        with self.path.open("a") as file:
            file.write(f"{since!r} {elapsed!r} {speed!r}\n")

    def _read(self) -> None:
        try:
            size = self.path.stat().st_size
            if size == self._size:
                return
            lines = self.path.read_text().splitlines(keepends=True)
        except OSError:
            return
        # What comes out depends on the file alone, as threads may read at the same time.
        whole = [Stretch(*map(float, line.split())) for line in lines[-KEPT:] if line.endswith("\n")]
        self._stretches, self._size = tuple(whole), size
