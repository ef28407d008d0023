"""What an evaluation knows while it runs: when it is, where series come from, and how windows are cut."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from harness.alerting.promql.limits import Meter
from harness.alerting.promql.store import SeriesStore
from harness.alerting.promql.syntax import Anchor, Shift
from harness.alerting.promql.values import Vector


class Semantics(Enum):
    """The Prometheus a rule was written for."""

    V2 = "2.x"
    """A window holds both its ends; `holt_winters` has its old name."""

    V3 = "3.x"
    """A window leaves out the moment it starts at; `.` in a regular expression matches line breaks."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an expression is compiled for."""

    semantics: Semantics
    """Whose rules apply."""

    lookback_ms: int
    """How old the newest sample of a series may be."""

    @property
    def gap_ms(self) -> int:
        """How long after a window's start its first sample may lie: times are whole, so 1 leaves the start out."""
        return 1 if self.semantics is Semantics.V3 else 0


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment at which an expression is evaluated."""

    store: SeriesStore
    """Where series come from."""

    now_ms: int
    """The time, in milliseconds since 1970."""

    start_ms: int
    """Where the whole query starts; the same as `end_ms` unless it runs over a range."""

    end_ms: int
    """Where the whole query ends."""

    meter: Meter
    """What has been used up so far."""

    def at(self, now_ms: int) -> "Moment":
        """Another moment of the same query."""
        return Moment(self.store, now_ms, self.start_ms, self.end_ms, self.meter)


ScalarAt = Callable[[Moment], float]
VectorAt = Callable[[Moment], Vector]
TimeAt = Callable[[Moment], int]


def time_at(shift: Shift) -> TimeAt:
    """Where in time a selector looks, as a function of the moment it is evaluated at."""
    offset_ms = shift.offset_ms
    match shift.at:
        case None:
            return lambda moment: moment.now_ms - offset_ms
        case Anchor.START:
            return lambda moment: moment.start_ms - offset_ms
        case Anchor.END:
            return lambda moment: moment.end_ms - offset_ms
        case fixed:
            return lambda _: fixed - offset_ms
