"""The contract held against a real factory that the catalogue has hurt: each of its faults, and the case that tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from harness.clock import WallClock
from harness.faults import CATALOGUE, FactoryChaos, FactoryKilled, FactoryMisbehaves, FactoryNameNotFound, LinkDown
from harness.faults.description import variants
from harness.faults.standing import StandingFault
from harness.stacks.looping import LoopThread
from harness.stacks.run_links import RunLinks
from harness.verify.factory.asking import answer_to
from harness.verify.factory.conversation import Terms
from harness.verify.factory.suite import Extent, hold
from harness.verify.findings import Finding, Standing
from tests.harness.verify.test_twins import KEY, twin

pytestmark = pytest.mark.slow

TERMS = Terms(vendor_key="local-vendor-key")
WAITS_SECONDS = 1.2
"""How long an answer is waited for: longer than any that is not held back, on a busy machine too."""

NO_PIZZA = "order is answered with a pizza"
FIRST = "documentation lists the endpoints"
"""The very first case: whoever breaks every reply is caught by it."""

CAUGHT = {
    "oven_full": NO_PIZZA,
    "some_fail": "order without a key is refused",
    "wrong_key": NO_PIZZA,
    "database_down": NO_PIZZA,
    "html_502": NO_PIZZA,
    "empty_503": NO_PIZZA,
    "no_pizza": NO_PIZZA,
    "cut_short": NO_PIZZA,
    "slow_body": FIRST,
    "reset": FIRST,
    "hang": FIRST,
}
"""For each way to misbehave, the case that is broken first."""


class Hurtable:
    """A factory behind a link that can be hurt."""

    def __init__(self, url: str, directory: Path) -> None:
        self.url = url
        self.loop = LoopThread(trouble=lambda where, error: pytest.fail(f"{where}: {error}"))
        clock = WallClock(datetime(2024, 12, 1, tzinfo=UTC), speed=20)
        self.links = RunLinks(clock=clock, seed=7, directory=directory, record=lambda _: None)
        self.loop.start()
        self.loop.call(self.links.open())
        self.link = self.loop.call(self.links.lead("factory", to=url.removeprefix("http://")))

    def held(self) -> Iterator[Finding]:
        """Hold it to its contract, through the link."""
        with httpx.Client(base_url=self.link, timeout=WAITS_SECONDS, trust_env=False) as client:
            yield from hold(TERMS, lambda ask: answer_to(ask, client), extent=Extent())

    def first_broken(self) -> str:
        """Name the first case that is broken; "" when all is kept."""
        return next((found.step for found in self.held() if found.standing is Standing.BROKEN), "")

    def close(self) -> None:
        self.loop.call(self.links.close())
        self.loop.stop()


@pytest.fixture(scope="module")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hurtable]:
    with twin("fake_factory", "--order-delay", "0s", "--throttle-delay", "300ms") as url:
        hurtable = Hurtable(url, tmp_path_factory.mktemp("links"))
        assert hurtable.first_broken() == ""
        yield hurtable
        assert hurtable.first_broken() == "", "it has not healed"
        hurtable.close()


@pytest.mark.parametrize("kind", CAUGHT)
def test_contract_each_fault_of_the_catalogue_is_caught_by_a_named_case(factory: Hurtable, kind: str) -> None:
    fault = FactoryMisbehaves(kind)
    for trouble in fault.troubles:
        factory.loop.call(factory.links.begin(trouble))
    try:
        assert factory.first_broken() == CAUGHT[kind]
    finally:
        for trouble in fault.troubles:
            factory.loop.call(factory.links.end(trouble))


@pytest.mark.parametrize("mode", ["fail", "badjwt", "throttle"])
def test_contract_each_chaos_of_the_factory_itself_is_caught_by_a_named_case(factory: Hurtable, mode: str) -> None:
    with httpx.Client(base_url=factory.url, trust_env=False) as client:
        assert client.put(f"/api/vendor/chaos/{mode}", headers=KEY).is_success
        found = factory.first_broken()
        admin = {"Authorization": "Bearer local-admin-key"}
        client.put("/api/admin/chaos", headers=admin, json={"vendorId": "local-vendor", "type": "none"})
    assert found == NO_PIZZA


def test_contract_a_factory_that_cannot_be_reached_is_caught_by_the_first_case(factory: Hurtable) -> None:
    for trouble in LinkDown("factory").troubles:
        factory.loop.call(factory.links.begin(trouble))
        assert factory.first_broken() == FIRST
        factory.loop.call(factory.links.end(trouble))


def test_table_has_every_fault_of_the_factory() -> None:
    kinds = {variant.parameters[0].name for variant in variants(FactoryMisbehaves)}
    assert kinds == {"kind"}
    assert {variant.name.removeprefix("factory_") for variant in variants(FactoryMisbehaves)} == set(CAUGHT)
    unreachable = {FactoryKilled, FactoryNameNotFound}
    hurting = {kind for kind in CATALOGUE if kind().target == "factory"}
    assert hurting == {FactoryMisbehaves, FactoryChaos, *unreachable}
    assert issubclass(FactoryMisbehaves, StandingFault)
