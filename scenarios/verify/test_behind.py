"""Verify: what the service relies on is broken, which only an order shows."""

import pytest

from harness.checks import steady_state, verifying_names
from harness.faults import FactoryChaos, FactoryKilled, Fault, LinkDown
from harness.scenario import Diners, OnCall, Scenario

LAYERS: dict[Fault, str] = {
    FactoryChaos("fail"): "order",
    FactoryChaos("badjwt"): "pizza",
    FactoryKilled(): "order",
    LinkDown("factory"): "order",
}


@pytest.mark.chaos(begins="2024-12-01 11:55 MST", not_on={"attached": "its factory is not ours to kill"})
def test_behind(scenario: Scenario, diners: Diners, on_call: OnCall) -> None:
    """Whoever orders a pizza from outside names what becomes of it, and nothing once the factory bakes again."""
    scenario.expect(steady_state, "11:59:15", "12:00", requests_at_least=10)
    scenario.expect(verifying_names, {fault.name: layer for fault, layer in LAYERS.items()}, within="5s")
    diners.arrive(8)
    scenario.at("12:00", "the factory is hurt, one way after the other", lead="45s")
    on_call.verifies(until="well")
    for fault in LAYERS:
        with scenario.fault(fault):
            on_call.verifies(until="broken")
            scenario.play("40s")
        on_call.verifies(until="well")
    scenario.play("90s")
