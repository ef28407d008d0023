"""What became of each order, in Jepsen's manner: what was acknowledged exists, what failed does not, once is once.

Rules of this file: an order's outcome is what its reply said; what exists is what a later look at one's past orders
shows; without such a look nothing is concluded. A visit is what one person does with one account.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from harness.checks.check import check
from harness.checks.result import Answer, Verdict
from harness.checks.traffic import PURCHASE, awaited, whole
from harness.checks.wording import count
from harness.events import RequestFinished
from harness.history import History

READ_BACK = "look at past orders"
"""The operation that shows which orders exist."""

VERIFY = "verify the pizza"
"""The operation that shows what a pizza is worth."""

COMES_IN = frozenset({"register", "log in"})
UNAUTHORIZED = 401


@dataclass(slots=True)
class Visit:
    """The orders of one account, and what it was shown of them afterwards."""

    diner: str
    tries: list[RequestFinished] = field(default_factory=list)
    look: RequestFinished | None = None
    """The last successful look at past orders, after the last try."""

    @property
    def acknowledged(self) -> list[RequestFinished]:
        """Orders that the diner was told are made."""
        return [one for one in self.tries if one.outcome == "ok"]

    @property
    def surplus(self) -> tuple[int, ...]:
        """Orders that exist, and of which no reply said so."""
        told = {number for one in self.acknowledged for number in one.orders or ()}
        return tuple(number for number in (self.look and self.look.orders) or () if number not in told)

    @property
    def unknown(self) -> list[RequestFinished]:
        """Orders of which nobody knows."""
        return [one for one in self.tries if one.outcome == "unknown"]

    @property
    def wanted(self) -> int:
        """How many orders the diner meant to make: a try after one that did not succeed is the same order again."""
        ends_well = bool(self.tries) and self.tries[-1].outcome == "ok"
        return len(self.acknowledged) + (0 if ends_well or not self.tries else 1)


@check("no acknowledged order is lost")
def no_acknowledged_order_is_lost(history: History) -> Answer:
    """Each order that was answered as made is there when its diner looks at past orders."""
    visits = [visit for visit in _looked(history) if visit.acknowledged]
    for visit in visits:
        there = set((visit.look and visit.look.orders) or ())
        lost = [one for one in visit.acknowledged if not set(one.orders or ()) <= there]
        if lost:
            said = f"{visit.diner} was told at {lost[0].at:%H:%M:%S} that order {_numbers(lost[0].orders)} is made"
            return Verdict.FAILED.because(f"{said}, and it is not among the past orders", _evidence(visit, lost))
    number = sum(len(visit.acknowledged) for visit in visits)
    return _shown(visits, f"{count(number, 'acknowledged order')}, each there when looked for")


@check("no failed order is in anybody's past orders")
def no_phantom_orders(history: History) -> Answer:
    """An order that failed does not exist: a diner sees none that no reply acknowledged and no timeout explains."""
    visits = [visit for visit in _looked(history) if len(visit.acknowledged) + len(visit.unknown) < len(visit.tries)]
    for visit in visits:
        if len(visit.surplus) > len(visit.unknown):
            failed = [one for one in visit.tries if one.outcome == "failed"]
            said = f"{visit.diner}'s order failed at {failed[0].at:%H:%M:%S} with “{failed[0].error}”"
            detail = f"{said}, and past orders show {_numbers(visit.surplus)}, which nobody acknowledged"
            return Verdict.FAILED.because(detail, _evidence(visit, failed))
    number = sum(one.outcome == "failed" for visit in visits for one in visit.tries)
    return _shown(visits, f"{count(number, 'failed order')}, and none exists")


@check("no order is made twice when it is tried again")
def no_order_is_duplicated(history: History) -> Answer:
    """Whoever tries again after an order that did not succeed ends up with one order."""
    visits = [visit for visit in _looked(history) if visit.wanted < len(visit.tries)]
    for visit in visits:
        exist = len((visit.look and visit.look.orders) or ())
        if exist > visit.wanted:
            said = f"{visit.diner} wanted {count(visit.wanted, 'order')}, tried {count(len(visit.tries), 'time')}"
            return Verdict.FAILED.because(f"{said}, and has {exist}", _evidence(visit, visit.tries))
    return _shown(visits, f"{count(len(visits), 'diner')} tried again, and nobody has an order too many")


@check("each order of unknown outcome is settled by looking at past orders")
def unknown_orders_are_settled(history: History) -> Answer:
    """Whoever got no reply to an order finds out afterwards whether it exists."""
    visits = [visit for visit in _visits(history) if visit.unknown]
    for visit in visits:
        if visit.look is None:
            said = f"{visit.diner} got no reply at {visit.unknown[0].at:%H:%M:%S}, and never saw past orders again"
            return Verdict.UNKNOWN.because(said, visit.unknown)
    exist = sum(min(len(visit.surplus), len(visit.unknown)) for visit in visits)
    number = sum(len(visit.unknown) for visit in visits)
    return _shown(visits, f"of {count(number, 'order')} of unknown outcome {exist} exist and {number - exist} do not")


@check("every pizza from {since} to {until} verifies")
def every_pizza_verifies(history: History, since: datetime, until: datetime) -> Answer:
    """Each pizza that was sold is one that the factory calls valid."""
    tries = [one for one in whole(awaited(history), since, until) if one.operation == VERIFY and one.status]
    bad = [one for one in tries if one.outcome == "failed" and one.status < 500]
    if bad:
        said = f"{bad[0].diner} was sold a pizza that does not verify: {bad[0].error}"
        return Verdict.FAILED.because(f"{len(bad):,} of {len(tries):,} do not; at {bad[0].at:%H:%M:%S} {said}", bad)
    answered = [one for one in tries if one.outcome == "ok"]
    if not answered:
        return Verdict.UNKNOWN.because("nobody verified a pizza")
    return Verdict.PASSED.because(f"{count(len(answered), 'pizza')}, each valid", (answered[0], answered[-1]))


@check("nobody is logged out from {since} to {until}")
def nobody_is_logged_out(history: History, since: datetime, until: datetime) -> Answer:
    """No session ends because something that the service depends on fails."""
    requests = [one for one in whole(awaited(history), since, until) if one.operation not in {*COMES_IN, VERIFY}]
    thrown = [one for one in requests if one.status == UNAUTHORIZED]
    if thrown:
        first = thrown[0]
        said = f"{count(len(thrown), 'request')} of a signed-in diner got a 401, the first at {first.at:%H:%M:%S}"
        return Verdict.FAILED.because(f"{said}: {first.diner} wanted to {first.operation}, {first.error}", thrown)
    if not any(one.status for one in requests):
        return Verdict.UNKNOWN.because("nobody who was signed in got an answer")
    return Verdict.PASSED.because(f"{count(len(requests), 'request')}, and no 401", (requests[0], requests[-1]))


def _visits(history: History) -> Iterator[Visit]:
    """Cut the history of each person who looked at orders into visits."""
    open_: dict[str, Visit] = {}
    for one in awaited(history):
        if one.operation == "register" and one.outcome == "ok":
            if one.diner in open_:
                yield open_[one.diner]
            open_[one.diner] = Visit(one.diner)
        elif one.diner in open_ and one.operation == PURCHASE:
            open_[one.diner].tries.append(one)
            open_[one.diner].look = None
        elif one.diner in open_ and one.operation == READ_BACK and one.outcome == "ok" and one.orders is not None:
            open_[one.diner].look = one
    yield from open_.values()


def _looked(history: History) -> list[Visit]:
    return [visit for visit in _visits(history) if visit.look]


def _evidence(visit: Visit, tries: Sequence[RequestFinished]) -> tuple[RequestFinished, ...]:
    return (*tries, *([visit.look] if visit.look else []))


def _shown(visits: Sequence[Visit], detail: str) -> Answer:
    if not visits:
        return Verdict.UNKNOWN.because("nobody who made such an order looked at past orders afterwards")
    return Verdict.PASSED.because(detail, [one for visit in visits for one in _evidence(visit, visit.tries)])


def _numbers(orders: Sequence[int] | None) -> str:
    return ", ".join(map(str, orders or ())) or "without a number"
