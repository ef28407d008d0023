"""A factory that says nothing keeps its diners waiting until they give up: `no-factory-timeout`."""

import pytest

from harness.checks import always, steady_state
from harness.faults import FactoryMisbehaves
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 12:00 MST", shows="no-factory-timeout")
def test_silent_factory(scenario: Scenario, diners: Diners) -> None:
    """However long the factory is silent, each diner who orders is told so."""
    scenario.expect(steady_state, "12:00", "12:02", requests_at_least=10)
    scenario.expect(
        always, "request_finished", {"operation": "order"}, then={"status": 504}, since="12:03", until="12:07"
    )
    diners.arrive(8)
    scenario.at("12:02", "the factory falls silent", lead="2m")
    with scenario.fault(FactoryMisbehaves("hang")):
        scenario.play("5m")
    scenario.play("4m")
