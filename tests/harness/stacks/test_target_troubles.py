import asyncio
from collections.abc import Callable

from harness.faults.troubles import TargetsHalfDead, TargetsWithheld
from harness.ingress.records import Address
from harness.stacks.by_hand import accepts
from harness.stacks.target_troubles import TargetTroubles

HEALTHY = (Address("127.0.0.1", 9001), Address("127.0.0.1", 9002))


class FakeCloud:
    """Keeps what the load balancer would be told."""

    def __init__(self) -> None:
        self.detours: dict[str, Callable[[tuple[Address, ...]], tuple[Address, ...]]] = {}
        self.told: tuple[Address, ...] = HEALTHY

    def tell_targets(self) -> None:
        self.told = HEALTHY
        for detour in self.detours.values():
            self.told = detour(self.told)


def troubles(cloud: FakeCloud) -> TargetTroubles:
    made = TargetTroubles()
    made.cloud = cloud
    return made


def test_targets_are_withheld_until_the_trouble_ends() -> None:
    cloud = FakeCloud()
    hand = troubles(cloud)
    asyncio.run(hand.begin(TargetsWithheld()))
    assert not cloud.told
    assert hand.stands(TargetsWithheld())
    asyncio.run(hand.end(TargetsWithheld()))
    assert cloud.told == HEALTHY
    assert not hand.stands(TargetsWithheld())


def test_each_healthy_target_gets_a_dead_one_beside_it() -> None:
    cloud = FakeCloud()
    hand = troubles(cloud)
    asyncio.run(hand.begin(TargetsHalfDead()))
    one, dead, other, dead_too = cloud.told
    assert ((one, other), dead) == (HEALTHY, dead_too)
    assert not accepts(str(dead))
    asyncio.run(hand.end(TargetsHalfDead()))
    assert cloud.told == HEALTHY
