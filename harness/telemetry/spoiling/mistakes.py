"""What a service may get wrong about what it pushes, whatever it writes that in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.faults.troubles import Spoiling

Kind = Literal["gauge", "sum", ""]
"""What a value is: one that goes up and down, one that adds up, or one of which the push does not say it."""

_ADDS_UP = ("_total", "_bucket", "_count", "_sum")
"""How Prometheus' conventions let the names of values end that add up."""


@dataclass(slots=True)
class Mistake:
    """One mistake, made with push after push; remembers what earlier ones held, as far as it needs that."""

    how: Spoiling
    """Which."""
    _seen: dict[bytes, float] = field(default_factory=dict)

    def number(self, measured: float, *, kind: Kind, series: bytes) -> float:
        """Give the number that is sent for one that was measured: most mistakes are not about that.

        Args:
            measured: what was sent before the mistake.
            kind: what it is.
            series: what tells it from others of this push.
        """
        match self.how, kind:
            case "frozen_gauge", "gauge":
                return self._seen.setdefault(series, measured)
            case "counter_reset", "sum":
                before = self._seen.get(series, 0.0)
                self._seen[series] = measured
                return measured - before if measured >= before else measured  # the service began anew by itself
            case _:
                return measured


@dataclass(frozen=True, slots=True)
class Shift:
    """A clock that is wrong."""

    by_seconds: float
    """How far it is ahead; negative for behind."""
    precision: str = "ns"
    """The unit of timestamps in Influx lines, as the push's address says it."""

    def ticks(self, in_a_second: float) -> int:
        """Give the same in another unit."""
        return round(self.by_seconds * in_a_second)


def kind_by_name(name: str) -> Kind:
    """Tell what a value is where only its name says it."""
    return "sum" if name.endswith(_ADDS_UP) else "gauge"
