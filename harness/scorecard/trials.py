"""What a scorecard plays: each fault of the catalogue, pairs of them, and runs that must stay quiet.

Rules of this file: a trial is named, small enough to be sent to another process, and says what is done and when; the
catalogue says which faults there are, and a stack which of those it can do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from itertools import combinations

import msgspec

from harness.errors import ScenarioError, unknown_name
from harness.faults import CATALOGUE, FactoryChaos, Fault, LinkDown, Noop
from harness.stacks.simulated.suitability import refusal

DINERS = 5
BASELINE = timedelta(minutes=6)
"""Good health before anything happens; the first part of it is for diners to arrive in."""

ARRIVAL = timedelta(minutes=2)
FAULT = timedelta(minutes=12)
"""How long each fault lasts: longer than `for` and windows of rules that page usually are together."""

AFTERWARDS = timedelta(minutes=10)
"""How long a rule has to let go."""

SECOND_AFTER = timedelta(minutes=5)
"""Of a pair, how long after the first fault the second begins."""

LOADS = {"more diners": DINERS * 3, "fewer diners": 2}
"""Changes of load that nobody should be told of: how many diners there are meanwhile."""


class Trial(msgspec.Struct, frozen=True):
    """One run of a scorecard."""

    name: str
    """`balancer_missing`, `task_killed + factory_fail`, `more diners`."""
    faults: tuple[str, ...] = ()
    """The faults that begin, in order, as `FAULTS` calls them."""
    diners: int = DINERS
    """How many there are while it lasts."""

    @property
    def must_stay_quiet(self) -> bool:
        """Whether nothing is broken in it."""
        return all(isinstance(FAULTS[name], Noop) for name in self.faults)


def _every_fault() -> Iterator[tuple[str, Fault]]:
    """Give each fault of the catalogue, and each way in which a fault of several ways can hurt."""
    for kind in CATALOGUE:
        if kind is FactoryChaos:
            modes = (FactoryChaos("fail"), FactoryChaos("throttle"), FactoryChaos("badjwt"))
            yield from ((fault.name, fault) for fault in modes)
        elif kind is LinkDown:
            yield from ((f"link_down {link}", LinkDown(link)) for link in ("factory", "telemetry"))
        else:
            fault = kind()
            yield fault.name, fault


FAULTS: dict[str, Fault] = dict(_every_fault())
"""Every fault that a trial can hold, by name."""


def unplayable(names: Collection[str] = ()) -> dict[str, str]:
    """Give the faults, of these or of all, that cannot be simulated, each with the reason."""
    reasons = ((name, filter(None, map(refusal, FAULTS[name].apply()))) for name in names or FAULTS)
    return {name: reason for name, refused in reasons if (reason := next(refused, ""))}


def chosen_trials(names: Collection[str] = (), *, pairs: bool = False) -> tuple[Trial, ...]:
    """Give the trials of a scorecard.

    Args:
        names: the faults to play; all of them when empty. Trials that must stay quiet are always there.
        pairs: also play every two of them that can be simulated, the second on top of the first.

    Raises:
        ScenarioError: when there is no fault of a name.
    """
    for name in names:
        if name not in FAULTS:
            raise ScenarioError(f"--faults: {unknown_name('fault', name, known=FAULTS)}")
    wanted = [name for name in FAULTS if name in (names or FAULTS) or isinstance(FAULTS[name], Noop)]
    single = [Trial(name, (name,)) for name in wanted]
    loads = [Trial(name, diners=count) for name, count in LOADS.items()]
    return (*single, *loads, *(_pairs(wanted) if pairs else ()))


def _pairs(names: Collection[str]) -> Iterator[Trial]:
    """Give every two faults that hurt something, and can be simulated; the one nearer to the diners begins."""
    left_out = unplayable(names)
    hurting = [name for name in names if not isinstance(FAULTS[name], Noop) and name not in left_out]
    for first, second in combinations(hurting, 2):
        yield Trial(f"{first} + {second}", (first, second))
