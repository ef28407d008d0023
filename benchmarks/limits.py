"""Numbers beside their limits and their peers, and an exit code that says whether each limit was kept."""

from __future__ import annotations

import json
import os
from dataclasses import astuple, dataclass
from pathlib import Path

MOST, LEAST = "at most", "at least"

ROWS = "PIZZA_BENCHMARK_ROWS"
"""A file that gets each row too, a line of JSON each: how `python -m benchmarks` hears of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """A number, and the other number that says what it is worth."""

    what: str
    """What was measured, and in which unit."""
    number: float
    """What was found, mostly a median."""
    against: str
    """`at most` and `at least` are limits; anything else is a peer, measured in the same run."""
    other: float
    """The limit, or what the peer did."""

    @property
    def ratio(self) -> float:
        """The number, as a multiple of the other."""
        return self.number / self.other if self.other else float("inf")

    @property
    def is_kept(self) -> bool:
        """Whether it is within its limit; true of every comparison with a peer."""
        return not (self.against == MOST and self.number > self.other) and not (
            self.against == LEAST and self.number < self.other
        )

    def line(self) -> str:
        """Say it in a line."""
        if self.against in {MOST, LEAST}:
            judged = "kept" if self.is_kept else "MISSED"
            return f"{judged}: {self.what}: {shown(self.number)} (limit: {self.against} {self.other:,g})"
        return f"{self.what}: {shown(self.number)}; {self.against}: {shown(self.other)}; ratio {self.ratio:.2f}"


def shown(number: float) -> str:
    """Write a number with the digits that count."""
    return f"{number:,.0f}" if number >= 1000 or float(number).is_integer() else f"{number:.3g}"


class Limits:
    """Prints a line a number, and keeps it; `exit_code` is 1 once a limit was missed."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    @property
    def exit_code(self) -> int:
        """Give 1 when a limit was missed, 0 otherwise."""
        return int(not all(row.is_kept for row in self.rows))

    def at_most(self, what: str, number: float, limit: float) -> None:
        """Print a number that should not be greater."""
        self._keep(Row(what, number, MOST, limit))

    def at_least(self, what: str, number: float, limit: float) -> None:
        """Print a number that should not be less."""
        self._keep(Row(what, number, LEAST, limit))

    def beside(self, what: str, number: float, peer: str, theirs: float) -> None:
        """Print a number beside that of a peer, measured in the same run."""
        self._keep(Row(what, number, peer, theirs))

    def _keep(self, row: Row) -> None:
        self.rows.append(row)
        print(row.line(), flush=True)
        if file := os.environ.get(ROWS):
            with Path(file).open("a") as rows:
                rows.write(json.dumps(astuple(row)) + "\n")
