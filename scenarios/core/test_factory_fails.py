"""The factory refuses every order, and says where to report it."""

import pytest

from harness.checks import always, operation_succeeds_after, operations_work, steady_state
from harness.faults import FactoryChaos
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 11:59 MST")
def test_factory_fails(scenario: Scenario, diners: Diners) -> None:
    """Without its factory the service sells nothing, all else goes on, and it needs no restart when that is back."""
    order, fails = {"operation": "order"}, {"outcome": "failed"}
    scenario.expect(steady_state, "11:59", "12:00", requests_at_least=10)
    scenario.expect(always, "request_finished", order, then=fails, since="12:00:02", until="12:00:45")
    scenario.expect(operations_work, ["look at the menu"], "12:00", "12:00:45")
    scenario.expect(operation_succeeds_after, "order", at="12:00:45", within="45s")
    diners.arrive(12)
    scenario.at("12:00", "the factory begins to refuse orders", lead="1m")
    with scenario.fault(FactoryChaos("fail")):
        scenario.at("12:00:45", "it takes orders again", lead="45s")
    scenario.play("70s")
