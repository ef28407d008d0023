"""A series seen through a window: what range functions work on."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from harness.alerting.promql.moment import Moment, Semantics
from harness.alerting.promql.store import Series


@dataclass(frozen=True, slots=True)
class Frame:
    """The window's edges, the same for all series of a selector."""

    start_ms: int
    """Where it starts."""

    end_ms: int
    """Where it ends; not now, where the selector has an offset."""

    now_ms: int
    """When the expression is evaluated."""

    semantics: Semantics
    """Whose rules apply."""


# A struct for the same reason as Sample: a tick makes thousands.
class Window(msgspec.Struct, frozen=True, gc=False):
    """The samples of one series inside a frame; there is at least one."""

    series: Series
    """Where they lie."""

    first: int
    """Index of the oldest."""

    stop: int
    """Index past the newest."""

    frame: Frame
    """The edges they lie between."""

    def __len__(self) -> int:
        return self.stop - self.first

    @property
    def times(self) -> "array[int]":
        """Milliseconds since 1970, oldest first."""
        return self.series.times[self.first : self.stop]

    @property
    def values(self) -> "array[float]":
        """The values, oldest first."""
        return self.series.values[self.first : self.stop]

    @property
    def drops(self) -> "array[float]":
        """The values from which the series fell inside the window."""
        times = self.series.times
        return self.series.drops(times[self.first], times[self.stop - 1])


WindowsAt = Callable[[Moment], list[Window]]
