import asyncio

import pytest

from harness.errors import ScenarioError
from harness.faults.toxics import Latency
from harness.faults.troubles import LinkCut, ToxicOn, Trouble
from harness.stacks.troubles import Troubles

CUT = LinkCut("factory")


class Hands:
    """Notes down what it was asked for; whatever is in `wrong` stands."""

    def __init__(self) -> None:
        self.wrong: list[Trouble] = []

    async def begin(self, trouble: Trouble) -> None:
        self.wrong.append(trouble)

    async def end(self, trouble: Trouble) -> None:
        self.wrong.remove(trouble)

    def stands(self, trouble: Trouble) -> bool:
        return trouble in self.wrong


def test_trouble_stands_from_its_begin_to_its_end() -> None:
    hands = Hands()
    troubles = Troubles({LinkCut: hands}, stack="fake")
    asyncio.run(troubles.begin(CUT))
    assert troubles.standing == {"factory/cut"}
    asyncio.run(troubles.end(CUT))
    assert troubles.standing == frozenset()


def test_trouble_that_somebody_else_put_right_does_not_stand() -> None:
    hands = Hands()
    troubles = Troubles({LinkCut: hands}, stack="fake")
    asyncio.run(troubles.begin(CUT))
    hands.wrong.clear()
    assert troubles.standing == frozenset()


def test_trouble_that_is_ended_twice_is_put_right_once() -> None:
    hands = Hands()
    troubles = Troubles({LinkCut: hands}, stack="fake")
    asyncio.run(troubles.begin(CUT))
    asyncio.run(troubles.end(CUT))
    asyncio.run(troubles.end(CUT))
    assert hands.wrong == []


def test_trouble_that_stands_already_is_refused() -> None:
    troubles = Troubles({LinkCut: Hands()}, stack="fake")
    asyncio.run(troubles.begin(CUT))
    with pytest.raises(ScenarioError, match="factory/cut is wrong already"):
        asyncio.run(troubles.begin(CUT))


def test_trouble_that_the_stack_has_no_hand_for_is_refused_with_its_name() -> None:
    with pytest.raises(ScenarioError, match="the stack 'fake' cannot do this: ToxicOn"):
        asyncio.run(Troubles({LinkCut: Hands()}, stack="fake").begin(ToxicOn("factory", Latency())))


def test_all_troubles_are_put_right_together() -> None:
    hands = Hands()
    troubles = Troubles({LinkCut: hands}, stack="fake")
    asyncio.run(troubles.begin(CUT))
    asyncio.run(troubles.begin(LinkCut("telemetry")))
    asyncio.run(troubles.end_all())
    assert hands.wrong == []
