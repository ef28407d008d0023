"""Every fault of the catalogue keeps every promise, and a fault that breaks one is found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import pytest

from harness.events import Event, FaultApplied
from harness.faults import CATALOGUE, Noop
from harness.faults.fault import Begin, Command, End, Fault, KillTask, View
from harness.faults.standing import StandingFault
from harness.faults.troubles import FactoryDown, PushesLost, Trouble
from harness.stacks.hands import Hands
from harness.testing.faults import KNOWN, check_fault, every

ALL = [fault for kind in CATALOGUE for fault in every(kind)]


def carried_out() -> frozenset[type]:
    """Give what the processes stack carries out: all commands, and the troubles for which it has a hand."""
    hands = Hands(*([None] * len(Hands.__dataclass_fields__)))  # type: ignore[arg-type]
    return frozenset((*(KNOWN - set(get_args(Trouble))), *hands.by_trouble()))


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: "-".join([fault.name, *map(str, fault.parameters.values())]))
def test_fault_of_the_catalogue_keeps_every_promise(fault: Fault) -> None:
    check_fault(fault, carried_out=carried_out())


def test_fault_with_words_to_choose_is_made_in_each_way() -> None:
    assert len({fault.name for fault in ALL}) > len(CATALOGUE)
    assert list(every(Noop)) == [Noop()]


@dataclass(frozen=True, slots=True)
class Broken(StandingFault):
    name: ClassVar[str] = "broken"
    target: ClassVar[str] = "service"
    sees: ClassVar[str] = "much"
    troubles: ClassVar[tuple[Trouble, ...]] = (FactoryDown(), PushesLost())


class Dumb(Broken):
    sees: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Undocumented(Broken):
    by: int = 3


@dataclass(frozen=True, slots=True)
class Unwritable(Broken):
    @property
    def parameters(self) -> Mapping[str, Any]:
        return {"by": object()}


class Fickle(Broken):
    asked: ClassVar[list[int]] = []

    def apply(self) -> tuple[Command, ...]:
        self.asked.append(1)
        return (Begin(FactoryDown()),) * len(self.asked)


class Unhealing(Broken):
    def heal(self) -> tuple[Command, ...]:
        return (End(FactoryDown()),)


class Hasty(Broken):
    def is_gone(self, view: View) -> bool:
        return True


class Toppling(Broken):
    def heal(self) -> tuple[Command, ...]:
        return (*StandingFault.heal(self), KillTask())


class Early(Broken):
    def is_gone(self, view: View) -> bool:
        return False

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        return None


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (Dumb, "has no sees"),
        (Undocumented, "does not say what by means"),
        (Unwritable, "cannot be written down"),
        (Fickle, "another thing each time"),
        (Unhealing, "is still there, applied and healed once"),
        (Hasty, "is gone as soon as it was applied"),
        (Toppling, "leaves something behind"),
        (Early, "is there before it was applied"),
    ],
)
def test_fault_that_breaks_a_promise_is_found_out(kind: type[Broken], complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        check_fault(kind())


def test_fault_whose_trouble_no_stack_carries_out_is_found_out() -> None:
    with pytest.raises(AssertionError, match="which no stack carries out"):
        check_fault(Broken(), carried_out=KNOWN - {PushesLost})
