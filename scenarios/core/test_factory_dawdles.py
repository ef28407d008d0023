"""The factory takes half a minute for a pizza."""

import pytest

from harness.checks import eventually, never, operations_work, steady_state
from harness.faults import FactoryChaos
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 11:59 MST")
def test_factory_dawdles(scenario: Scenario, diners: Diners) -> None:
    """Whoever orders from a slow factory waits, gets the pizza in the end, and holds up nobody who only looks."""
    sold = {"operation": "order", "outcome": "ok"}
    scenario.expect(steady_state, "11:59", "12:00", requests_at_least=10)
    scenario.expect(never, "request_finished", sold, since="12:00:04", until="12:00:31")
    scenario.expect(eventually, "request_finished", sold, since="12:00:32", until="12:01:30")
    scenario.expect(operations_work, ["look at the menu", "order"], "12:00", "12:01:30")
    diners.arrive(12)
    scenario.at("12:00", "the factory begins to dawdle", lead="1m")
    with scenario.fault(FactoryChaos("throttle")):
        scenario.at("12:01:30", "it is as quick as ever", lead="90s")
    scenario.play("75s")
