"""An order that the factory refuses stays in the diner's history: `order-written-first`."""

import pytest

from harness.checks import no_acknowledged_order_is_lost, no_order_is_duplicated, no_phantom_orders, steady_state
from harness.faults import FactoryChaos
from harness.scenario import Diners, OnCall, Scenario


@pytest.mark.chaos(begins="2024-12-01 12:00 MST", shows="order-written-first")
def test_phantom_order(scenario: Scenario, diners: Diners, on_call: OnCall) -> None:
    """An order that failed at the factory is not in its diner's past orders, however often it was tried."""
    scenario.expect(steady_state, "12:00", "12:02", requests_at_least=10)
    scenario.expect(no_phantom_orders)
    scenario.expect(no_order_is_duplicated)
    scenario.expect(no_acknowledged_order_is_lost)
    diners.arrive(8)
    scenario.at("12:02", "a purchase on a good day", lead="2m")
    on_call.buys_a_pizza()
    with scenario.fault(FactoryChaos("fail")):
        scenario.play("30s")
        on_call.buys_a_pizza()
        scenario.play("30s")
    scenario.play("2m")
