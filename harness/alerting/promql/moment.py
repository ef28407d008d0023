"""What an evaluation knows while it runs: when it is, where series come from, and how windows are cut."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from harness.alerting.promql.limits import Meter
from harness.alerting.promql.store import SeriesStore
from harness.alerting.promql.syntax import Anchor, Shift
from harness.alerting.promql.values import Vector
from harness.errors import ScenarioError, unknown_name

_MILLISECOND = timedelta(milliseconds=1)


class Semantics(Enum):
    """The Prometheus a rule was written for."""

    V2 = "2.x"
    """A window holds both its ends; `holt_winters` has its old name."""

    V2_LATE = "2.5x"
    """Of 2.52 to 2.55: windows and names as in 2, reckoning as in 3."""

    V3 = "3.x"
    """A window leaves out the moment it starts at; `.` in a regular expression matches line breaks."""

    @classmethod
    def of(cls, release: str) -> "Semantics":
        """The semantics of a release, as people name it on a command line: 2, 2.5 or 3.

        Raises:
            ScenarioError: There is no such release.
        """
        known = {each.value.rstrip(".x"): each for each in cls}
        if release not in known:
            raise ScenarioError(unknown_name("Prometheus release", release, known=known))
        return known[release]

    @property
    def is_3(self) -> bool:
        """Whether windows and names are those of Prometheus 3."""
        return self is Semantics.V3

    @property
    def reckons_as_3(self) -> bool:
        """Whether numbers come out as in Prometheus 3."""
        return self is not Semantics.V2


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an expression is compiled for: what it means where it does not say."""

    semantics: Semantics = Semantics.V3
    """Whose rules apply."""

    lookback: timedelta = timedelta(minutes=5)
    """How old the newest sample of a series may be."""

    subquery_step: timedelta = timedelta(minutes=1)
    """The step of a subquery that names none: Prometheus' evaluation interval."""

    @property
    def lookback_ms(self) -> int:
        """The lookback in milliseconds."""
        return self.lookback // _MILLISECOND

    @property
    def subquery_step_ms(self) -> int:
        """The step of a subquery in milliseconds."""
        return self.subquery_step // _MILLISECOND

    @property
    def gap_ms(self) -> int:
        """How long after a window's start its first sample may lie: times are whole, so 1 leaves the start out."""
        return 1 if self.semantics.is_3 else 0


DEFAULT_DIALECT = Dialect()
"""That of Prometheus 3 as it is shipped."""


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

    step_ms: int = 0
    """Time from one value of the query to the next; nothing unless it runs over a range."""

    def at(self, now_ms: int) -> "Moment":
        """Another moment of the same query."""
        return Moment(self.store, now_ms, self.start_ms, self.end_ms, self.meter, self.step_ms)


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
