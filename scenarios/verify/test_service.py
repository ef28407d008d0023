"""Verify: the tasks of the service die, stand still, cannot start, or have the wrong time."""

import pytest

from harness.checks import steady_state, verifying_names
from harness.faults import ClockSkew, TaskCrashLoop, TaskKilled, TaskPaused
from harness.scenario import Diners, OnCall, Scenario

GONE = ("target group", "service tasks")
"""Where a task that is gone is looked for: whether its target is sick or gone is a question of the moment."""

LAYERS = {
    TaskKilled(): GONE,
    TaskPaused(): GONE,
    TaskCrashLoop(): GONE,
    ClockSkew(): ("telemetry",),
}


@pytest.mark.chaos(begins="2024-12-01 11:55 MST", not_on={"attached": "its tasks are not ours to start"})
def test_service(scenario: Scenario, diners: Diners, on_call: OnCall) -> None:
    """Whoever looks from outside names tasks that are gone or have the wrong time, and nothing once they are back."""
    scenario.expect(steady_state, "11:59:15", "12:00", requests_at_least=10)
    scenario.expect(verifying_names, {fault.name: layers for fault, layers in LAYERS.items()}, within="5s")
    diners.arrive(8)
    scenario.at("12:00", "the service is hurt, one way after the other", lead="45s")
    on_call.verifies(until="well")
    for fault in LAYERS:
        with scenario.fault(fault):
            on_call.verifies(until="broken")
            scenario.play("75s")
        on_call.verifies(until="well")
    scenario.play("90s")
