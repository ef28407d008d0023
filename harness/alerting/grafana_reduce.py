"""Grafana's `reduce` expressions: many points of a series brought down to one number.

Rules of this file:

- Strictly, NaN and null poison every number but the last and the count.
- Told to drop or to replace what is no number, infinities are none either; what comes down to none all the same is
  nothing, or the replacement.
- A number is one already. Told to drop, it is dropped when it is none.

Source: Grafana, pkg/expr/mathexp/reduce.go, and ReduceCommand in pkg/expr/commands.go.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.alerting.frames import Frame, Frames, Number, Series

Reducer = Literal["last", "mean", "min", "max", "sum", "count", "median"]
NonNumbers = Literal["strict", "drop", "replace"]

_REDUCE: Mapping[Reducer, Callable[[Sequence[float]], float]] = {
    "mean": statistics.fmean,
    "min": min,
    "max": max,
    "sum": math.fsum,
    "count": len,
    "median": statistics.median,
}


@dataclass(frozen=True, slots=True)
class Reduce:
    """Brings the points of each series down to one number."""

    ref: str
    """Its own name."""
    source: str
    """The name of the query or step it reads."""
    reducer: Reducer
    """How."""
    non_numbers: NonNumbers = "strict"
    """What NaN does: poison the number, be left out, or count as `replacement`."""
    replacement: float = 0.0
    """Used by `replace`."""

    def __str__(self) -> str:
        without = {"strict": "", "drop": " without NaN", "replace": f" with {self.replacement:g} for NaN"}
        return f"the {self.reducer} of {self.source}{without[self.non_numbers]}"

    @property
    def sources(self) -> tuple[str, ...]:
        """The one query or step it reads."""
        return (self.source,)

    def run(self, frames: Frames) -> list[Frame]:
        """Reduce every series; a number is one already, though it may be dropped or replaced too."""
        reduced = [Number(frame.labels, self._of(frame)) for frame in frames[self.source]]
        dropped = self.non_numbers == "drop"
        pairs = zip(frames[self.source], reduced, strict=True)
        return [each for frame, each in pairs if isinstance(frame, Series) or each.value is not None or not dropped]

    def _of(self, frame: Frame) -> float | None:
        if isinstance(frame, Number):
            return self._input(frame.value)
        values = [self._input(value) for _, value in frame.points]
        if self.non_numbers == "drop":
            values = [value for value in values if value is not None]
        reduced = self._one(values)
        return self._output(reduced) if reduced is None or math.isnan(reduced) else reduced

    def _input(self, value: float | None) -> float | None:
        if self.non_numbers == "strict" or (value is not None and math.isfinite(value)):
            return value
        return self.replacement if self.non_numbers == "replace" else None

    def _output(self, reduced: float | None) -> float | None:
        """Give what stands for a series that came down to no number, such as one without a point."""
        if self.non_numbers == "strict" or reduced is None:
            return reduced
        return self.replacement if self.non_numbers == "replace" else None

    def _one(self, values: Sequence[float | None]) -> float | None:
        if self.reducer == "count":
            return float(len(values))
        if self.reducer == "last":
            return values[-1] if values else math.nan
        known = [value for value in values if value is not None and not math.isnan(value)]
        if len(known) < len(values):
            return math.nan
        if known:
            return float(_REDUCE[self.reducer](known))
        return 0.0 if self.reducer == "sum" else math.nan
