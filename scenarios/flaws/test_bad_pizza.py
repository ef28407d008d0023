"""A pizza that does not verify is sold as a good one: `bad-pizza-accepted`."""

import pytest

from harness.checks import every_pizza_verifies, steady_state
from harness.faults import FactoryChaos
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 12:00 MST", shows="bad-pizza-accepted")
def test_bad_pizza(scenario: Scenario, diners: Diners) -> None:
    """Whatever the factory sends, no diner is sold a pizza that does not verify."""
    scenario.expect(steady_state, "12:00", "12:02", requests_at_least=10)
    scenario.expect(every_pizza_verifies, "12:00", "12:06")
    diners.arrive(8)
    scenario.at("12:02", "the factory begins to bake bad pizzas", lead="2m")
    with scenario.fault(FactoryChaos("badjwt")):
        scenario.play("90s")
    scenario.play("2m30s")
