"""Verify: the database can be read and not written."""

import pytest

from harness.checks import steady_state, verifying_names
from harness.faults import DatabaseLocked
from harness.scenario import Diners, OnCall, Scenario


@pytest.mark.chaos(begins="2024-12-01 11:55 MST", not_on={"attached": "its database is not ours to lock"})
def test_database(scenario: Scenario, diners: Diners, on_call: OnCall) -> None:
    """Whoever looks from outside sees the menu and cannot log in, and can once the database is free again."""
    scenario.expect(steady_state, "11:59:15", "12:00", requests_at_least=10)
    scenario.expect(verifying_names, {"database_locked": "login"}, within="5s")
    diners.arrive(8)
    scenario.at("12:00", "somebody locks the database", lead="45s")
    on_call.verifies(until="well")
    with scenario.fault(DatabaseLocked()):
        on_call.verifies(until="broken")
        scenario.play("45s")
    on_call.verifies(until="well")
    scenario.play("90s")
