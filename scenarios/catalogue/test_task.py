"""Process: a task of the service dies, and each that should replace it crashes as it starts."""

import pytest

from harness.checks import alerts_go_no_data, nothing_succeeds, operation_succeeds_after, steady_state
from harness.faults import TaskCrashLoop
from harness.scenario import Diners, Scenario, Shop


@pytest.mark.chaos(begins="2024-12-01 11:58 MST")
def test_task(scenario: Scenario, shop: Shop, diners: Diners) -> None:
    """With no task left to push, all alerts go off for lack of data, and another deployment brings all of it back."""
    delays = shop.evaluation_delays
    scenario.expect(steady_state, "12:01", "12:02", requests_at_least=10)
    scenario.expect(nothing_succeeds, "12:02:05", "12:04:30")
    scenario.expect(alerts_go_no_data, list(delays), since="12:02", within=delays)
    scenario.expect(operation_succeeds_after, "order", at="12:04:30", within="2m")
    diners.arrive(8)
    scenario.at("12:02", "a task dies, and the code that replaces it cannot start", lead="75s")
    with scenario.fault(TaskCrashLoop()):
        scenario.at("12:04:30", "code that starts is deployed", lead="2m30s")
    scenario.play("2m")
