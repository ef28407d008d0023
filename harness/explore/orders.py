"""What must hold of orders, whatever is broken, and which of it the service is known not to keep. Pure.

Rules of this file: a flaw that the service is known to have (scenarios/flaws) is never told as news; what it explains
is not asked until it is mended, and the search says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta

from harness.checks import orders as _checks
from harness.checks.check import Check
from harness.checks.promises import Finding
from harness.checks.result import Verdict
from harness.events import FaultApplied
from harness.history import History

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that no fault may do to an order."""

    promise: str
    """What a finding calls it."""
    function: str
    """The check of harness/checks/orders.py that asks it."""
    flaws: frozenset[str] = frozenset()
    """What the service is known to get wrong about it."""
    faults: frozenset[str] = frozenset()
    """Faults after which it cannot be asked."""
    has_window: bool = False
    """Whether the check is given the time that it asks about."""

    def is_asked(self, mended: Collection[str]) -> bool:
        """Whether a breach would be news, with these flaws mended."""
        return "all" in mended or self.flaws <= set(mended)


WRITTEN_FIRST = frozenset({"order-written-first"})

INVARIANTS = (
    Invariant("no order is lost", _checks.no_acknowledged_order_is_lost.__name__),
    Invariant("no order that failed exists", _checks.no_phantom_orders.__name__, WRITTEN_FIRST),
    Invariant(
        "no order is made twice",
        _checks.no_order_is_duplicated.__name__,
        # Who waits in vain for a silent factory tries again, while the first order is still under way.
        WRITTEN_FIRST | {"no-factory-timeout"},
    ),
    Invariant(
        "every pizza is real",
        _checks.every_pizza_verifies.__name__,
        frozenset({"bad-pizza-accepted"}),
        faults=frozenset({"factory_killed"}),  # a factory twin that comes back has another key
        has_window=True,
    ),
)
"""The gravest first."""


def order_findings(history: History, *, mended: Collection[str]) -> Iterator[Finding]:
    """Give every invariant of orders that this run broke, and that the service is not known to break.

    Args:
        history: of a run in which somebody bought pizzas by hand, and looked at what was ordered afterwards.
        mended: flaws that are turned off; `all` for each.
    """
    if not history.events:
        return
    broken = {event.fault for event in history.of(FaultApplied)}
    for each in INVARIANTS:
        if not each.is_asked(mended) or broken & each.faults:
            continue
        window = {"since": history.events[0].at, "until": history.events[-1].at + _MOMENT} if each.has_window else {}
        result = Check(each.promise, each.function, window)(history)
        if result.verdict is Verdict.FAILED:
            yield Finding(each.promise, result.detail)


def not_asked(mended: Collection[str]) -> list[str]:
    """Say which invariants are not asked, and what mends the flaws that are known to break them."""
    return [
        f"not asked: {each.promise}; the service is known for {' and '.join(sorted(each.flaws - set(mended)))}"
        for each in INVARIANTS
        if not each.is_asked(mended)
    ]
