"""Verify: the way to the service is broken, piece by piece."""

import pytest

from harness.checks import steady_state, verifying_names
from harness.faults import (
    BalancerMissing,
    BalancerWithoutTargets,
    HalfOfTasksUnhealthy,
    NameNotFound,
    ServerFailure,
    SlowDns,
    StaleDns,
    WrongAddress,
)
from harness.scenario import Diners, OnCall, Scenario

LAYERS = {
    BalancerMissing(): "DNS",
    BalancerWithoutTargets(): "target group",
    HalfOfTasksUnhealthy(): "target group",
    NameNotFound(): "DNS",
    ServerFailure(): "DNS",
    SlowDns(): "DNS",
    StaleDns(): "DNS",
    WrongAddress(): "DNS",
}


@pytest.mark.chaos(begins="2024-12-01 11:55 MST", not_on={"attached": "its ingress is not ours to break"})
def test_ingress(scenario: Scenario, diners: Diners, on_call: OnCall) -> None:
    """Whoever looks from outside names what is broken between a name and its service, and nothing once it healed."""
    scenario.expect(steady_state, "11:59:15", "12:00", requests_at_least=10)
    scenario.expect(verifying_names, {fault.name: layer for fault, layer in LAYERS.items()}, within="5s")
    diners.arrive(8)
    scenario.at("12:00", "the ingress is hurt, one way after the other", lead="45s")
    on_call.verifies(until="well")
    for fault in LAYERS:
        with scenario.fault(fault):
            on_call.verifies(until="broken")
            diners.leave()
            scenario.play("35s")
            diners.arrive(8)
            scenario.play("15s")
        on_call.verifies(until="well")
    scenario.play("2m")
