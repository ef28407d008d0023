"""What the search draws: which faults come when, for how long, how many diners come, and whether on-call answers.

Pure. Times are whole minutes from the start, so that a schedule that was found can be read aloud.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from hypothesis import strategies as st

from harness.errors import ScenarioError, unknown_name
from harness.faults import Noop
from harness.scorecard.trials import FAULTS, unplayable

ARRIVAL = 3
"""Minutes in which diners come and rules get their history; nothing is broken before."""

AFTERWARDS = 8
"""Minutes of good health at the end, for alerts to let go and the shop to show that it is well."""


@dataclass(frozen=True, slots=True, order=True)
class Blow:
    """One fault of a schedule."""

    start: int
    """Minutes after the start."""
    fault: str
    """Its name, as a scorecard calls it."""
    minutes: int
    """How long it lasts, unless somebody undoes it."""

    @property
    def end(self) -> int:
        """When it is healed."""
        return self.start + self.minutes


class Turn(IntEnum):
    """What can happen at a moment, in the order in which it does at one and the same."""

    HEALS = 0
    RUSH = 1
    """As many diners again come."""
    BREAKS = 2
    BUYS = 3
    """Somebody buys a pizza by hand, and looks at what was ordered."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One play of the search."""

    blows: tuple[Blow, ...]
    diners: int
    answers: bool
    """Whether on-call takes pages; one who does not leaves every page alone."""
    rush: int = 0
    """When as many diners again come, in minutes after the start; 0 when nobody else does."""

    @property
    def ends(self) -> int:
        """How many minutes it plays."""
        return max((blow.end for blow in self.blows), default=ARRIVAL) + AFTERWARDS

    @property
    def purchases(self) -> tuple[int, ...]:
        """Give the minutes in which somebody buys a pizza by hand: before all, amid each blow, and after all."""
        middles = {blow.start + blow.minutes // 2 for blow in self.blows}
        return tuple(sorted({ARRIVAL - 1, *middles, self.ends - 2}))

    def moments(self) -> list[tuple[int, Turn, Blow | None]]:
        """Give what happens in which minute, in order; a rush and a purchase are of no blow."""
        turns: list[tuple[int, Turn, Blow | None]] = [(blow.start, Turn.BREAKS, blow) for blow in self.blows]
        turns += [(blow.end, Turn.HEALS, blow) for blow in self.blows]
        turns += [(minute, Turn.BUYS, None) for minute in self.purchases]
        return sorted([*turns, *([(self.rush, Turn.RUSH, None)] if self.rush else [])])


@dataclass(frozen=True, slots=True)
class Radius:
    """The blast radius: what the search may do, and how much of it."""

    faults: tuple[str, ...]
    """Names of the faults it may use."""
    at_once: int = 2
    """How many faults a schedule may hold."""
    longest: int = 12
    """Minutes that a fault may last."""
    length: int = 20
    """Minutes within which faults begin and end."""
    most_diners: int = 8

    @classmethod
    def of(cls, names: Sequence[str], *, at_once: int = 2) -> Radius:
        """Declare a radius; every fault that hurts something, and can be simulated, when no name is given.

        Raises:
            ScenarioError: when there is no fault of a name, or it cannot be simulated.
        """
        for name in names:
            if name not in FAULTS:
                raise ScenarioError(f"--fault: {unknown_name('fault', name, known=FAULTS)}")
        left_out = unplayable(names)
        if names and left_out:
            reasons = ", ".join(f"{name} ({reason})" for name, reason in left_out.items())
            message = f"--fault: this cannot be simulated: {reasons}. Leave it out, or run it on real processes."
            raise ScenarioError(message)
        hurting = (name for name, fault in FAULTS.items() if not isinstance(fault, Noop) and name not in left_out)
        return cls(tuple(names) or tuple(hurting), at_once)


def schedules(radius: Radius) -> st.SearchStrategy[Schedule]:
    """Draw schedules within a blast radius; the simplest has one short fault, few diners, no rush, and an answer."""
    blow = st.tuples(
        st.integers(ARRIVAL, radius.length - 2), st.sampled_from(radius.faults), st.integers(2, radius.longest)
    ).map(lambda drawn: Blow(*drawn))
    blows = st.lists(blow, min_size=1, max_size=radius.at_once, unique_by=lambda blow: blow.fault)
    return st.builds(
        Schedule,
        blows.map(lambda drawn: tuple(sorted(drawn))),
        st.integers(4, radius.most_diners),
        st.booleans().map(lambda silent: not silent),
        st.just(0) | st.integers(ARRIVAL, radius.length - 2),
    )
