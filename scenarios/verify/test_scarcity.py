"""Verify: the service is short of something, which nobody can see from outside as long as every request is answered."""

import pytest

from harness.checks import steady_state, verifying_names
from harness.faults import CpuBurn
from harness.scenario import Diners, OnCall, Scenario

NOT_ON = {"attached": "its tasks are not ours", "containers": "only root may reach into their processes from outside"}


@pytest.mark.chaos(begins="2024-12-01 11:55 MST", not_on=NOT_ON)
def test_scarcity(scenario: Scenario, diners: Diners, on_call: OnCall) -> None:
    """Whoever looks from outside at a service that has to share its processor, and answers, accuses nobody."""
    scenario.expect(steady_state, "11:59:15", "12:00", requests_at_least=10)
    scenario.expect(verifying_names, {"cpu_burn": "none found"}, within="5s")
    diners.arrive(8)
    scenario.at("12:00", "other programs take the service's processor", lead="45s")
    on_call.verifies(until="well")
    with scenario.fault(CpuBurn()):
        scenario.play("20s")
        on_call.verifies()
        scenario.play("20s")
    on_call.verifies(until="well")
    scenario.play("90s")
