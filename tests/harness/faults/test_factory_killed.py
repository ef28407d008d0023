from harness.faults import FactoryKilled
from harness.faults.fault import Begin, End
from harness.faults.troubles import FactoryDown
from tests.harness.faults.moments import APPLIED, order, request


def test_factory_killed_goes_down_and_comes_back() -> None:
    assert FactoryKilled().apply() == (Begin(FactoryDown()),)
    assert FactoryKilled().heal() == (End(FactoryDown()),)


def test_factory_killed_is_hit_by_an_order_or_a_verification_that_cannot_reach_it() -> None:
    assert FactoryKilled().hit_by(order(status=500, error="500: fetch failed"), APPLIED) is not None
    verification = request("verify the pizza", cause="connection refused")
    assert FactoryKilled().hit_by(verification, APPLIED) == "Ada could not verify the pizza: connection refused"


def test_factory_killed_is_not_hit_by_a_site_that_refuses_or_by_what_was_before() -> None:
    assert FactoryKilled().hit_by(order(cause="connection refused"), APPLIED) is None
    assert FactoryKilled().hit_by(order(error="500: fetch failed", after=-1), APPLIED) is None
    assert FactoryKilled().hit_by(APPLIED, APPLIED) is None
