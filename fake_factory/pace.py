"""How fast incident time goes, where whoever started this process may change that: a line of a file each time."""

import os
from collections.abc import Mapping
from pathlib import Path

PACE_VARIABLE = "PIZZA_PACE"
"""The environment variable that names the file; without it time goes at one speed."""

LOOK_SECONDS = 0.2
"""Real seconds after which a sleeper looks again how fast time goes."""

Stretch = tuple[float, float, float]
"""A reading of the machine's monotonic clock, the incident seconds since the start by then, and how fast they pass."""


class Pace:
    """Incident time as whoever leads it lets it go: faster, slower, or not at all.

    Args:
        path: the file; each of its lines is a stretch, the last one holds, and it need not be there yet.
        first: what holds until its first line.
    """

    def __init__(self, path: Path, first: Stretch) -> None:
        self._path = path
        self._first = first
        self._size = 0
        self._stretches: tuple[Stretch, ...] = ()

    @classmethod
    def of(cls, environment: Mapping[str, str], first: Stretch) -> "Pace | None":
        """Give the pace that this process follows, or None where it never changes."""
        path = environment.get(PACE_VARIABLE)
        return cls(Path(path), first) if path else None

    def elapsed(self, monotonic: float) -> float:
        """Tell the incident seconds since the start, at a reading of the monotonic clock."""
        since, elapsed, speed = self._at(monotonic)
        return elapsed + (monotonic - since) * speed

    def _at(self, monotonic: float) -> Stretch:
        self._read()
        return next((each for each in reversed(self._stretches) if each[0] <= monotonic), self._first)

    def _read(self) -> None:
        try:
            size = os.stat(self._path).st_size  # noqa: PTH116 - it is asked very often
            if size == self._size:
                return
            lines = self._path.read_text().splitlines(keepends=True)
        except OSError:
            return
        # The last lines: those that have not begun yet, and the one before them.
        self._stretches = tuple(_stretch(line) for line in lines[-4:] if line.endswith("\n"))
        self._size = size


def _stretch(line: str) -> Stretch:
    since, elapsed, speed = (float(word) for word in line.split())
    return since, elapsed, speed
