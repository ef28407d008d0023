"""Every request as a mark of the chart, packed so that a hundred thousand of them are a small page.

A mark is five numbers: its place in time, its latency, its diner, what came of it (an entry of a table) and its line of
the history. They travel as columns of little-endian numbers in base64, which a browser reads without parsing.
"""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.events import RequestFinished
from harness.report.sentences import shortened
from harness.report.series import Axis, thinned

MARKS_AT_MOST = 100_000
"""Where a run has more requests, those that would lie on one another are drawn once."""

KINDS_AT_MOST = 3000
"""Different ways to end that are told in words; whoever has more of them reads the history's own line."""

OUTCOMES = ("ok", "failed", "unknown")


@dataclass(frozen=True, slots=True)
class Marks:
    """What the page's script draws and tells."""

    drawn: int
    total: int
    columns: dict[str, str]
    """Base64 of each column."""
    kinds: tuple[tuple[int, str, str], ...]
    """Outcome, operation and error of each kind of ending."""
    diners: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        """Give what the page's script reads."""
        return {"columns": self.columns, "kinds": self.kinds, "diners": self.diners, "count": self.drawn}


def marks(requests: Sequence[RequestFinished], axis: Axis, *, height_of: Callable[[float], float]) -> Marks:
    """Place each request.

    Args:
        requests: all of a run.
        axis: where an instant is.
        height_of: gives where a latency is, for thinning only.
    """
    x = array("f", map(axis.x, (request.at for request in requests)))
    kinds, diners = _Table(KINDS_AT_MOST), _Table(1 << 32)
    kind = array("I", (kinds.place(_kind(request)) for request in requests))
    who = array("I", (diners.place(request.diner) for request in requests))
    outcome = [key[0] for key in kinds.entries]
    kept = thinned(
        x,
        [height_of(request.latency_seconds) for request in requests],
        kinds=[outcome[one] for one in kind],
        at_most=MARKS_AT_MOST,
    )
    columns: dict[str, array[float] | array[int]] = {
        "x": array("f", (x[one] for one in kept)),
        "latency": array("f", (requests[one].latency_seconds for one in kept)),
        "kind": array("I", (kind[one] for one in kept)),
        "who": array("I", (who[one] for one in kept)),
        "line": array("I", (max(0, requests[one].seq + 1) for one in kept)),
        "stands": array("I", kept.values()),
    }
    packed = {name: _packed(column) for name, column in columns.items()}
    return Marks(len(kept), len(requests), packed, tuple(kinds.entries), tuple(diners.entries))


def _kind(request: RequestFinished) -> tuple[int, str, str]:
    cause = f" ({request.cause})" if request.cause else ""
    error = shortened(f"{request.error}{cause}") if request.error else ""
    return OUTCOMES.index(request.outcome), request.operation, error


class _Table:
    """Different values, each with its place; beyond the limit only a request's outcome and operation are told apart."""

    def __init__(self, limit: int) -> None:
        self.entries: list[Any] = []
        self._places: dict[Any, int] = {}
        self._limit = limit

    def place(self, value: Any) -> int:  # noqa: ANN401 - diners are texts, endings are tuples
        if value not in self._places:
            if len(self.entries) >= self._limit and value[2]:
                return self.place((value[0], value[1], ""))
            self._places[value] = len(self.entries)
            self.entries.append(value)
        return self._places[value]


def _packed(column: array[float] | array[int]) -> str:
    if sys.byteorder == "big":
        column.byteswap()
    return base64.b64encode(column.tobytes()).decode("ascii")
