"""The factory bakes pizzas that do not verify, and calls that a success."""

import pytest

from harness.checks import always, operations_work, steady_state
from harness.faults import FactoryChaos
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 11:59 MST")
def test_bad_pizzas(scenario: Scenario, diners: Diners) -> None:
    """Bad pizzas are sold as good ones: no status tells of them, only whoever verifies what was bought."""
    verify, fails = {"operation": "verify the pizza"}, {"outcome": "failed"}
    scenario.expect(steady_state, "11:59", "12:00", requests_at_least=10)
    scenario.expect(operations_work, ["order"], "12:00", "12:01")
    # A good pizza that was bought before is verified up to 20 s later.
    scenario.expect(always, "request_finished", verify, then=fails, since="12:00:22", until="12:01")
    scenario.expect(steady_state, "12:01:22", "12:02:22", requests_at_least=10)
    diners.arrive(12)
    scenario.at("12:00", "the factory begins to bake bad pizzas", lead="1m")
    with scenario.fault(FactoryChaos("badjwt")):
        scenario.at("12:01", "it bakes good ones again", lead="1m")
    scenario.play("90s")
