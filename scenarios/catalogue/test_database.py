"""Database: it may be read and not written, as after a failover to a replica."""

import pytest

from harness.checks import alert_fires, operation_succeeds_after, operations_work, steady_state
from harness.faults import DatabaseReadOnly
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 11:58 MST", not_on={"simulated": "its database is in memory, not in a file"})
def test_database(scenario: Scenario, diners: Diners) -> None:
    """Where nothing can be written nobody logs in or orders, and the menu hides it from whoever only looks."""
    scenario.expect(steady_state, "12:01", "12:02", requests_at_least=10)
    scenario.expect(operations_work, ["look at the menu"], "12:02", "12:07")
    scenario.expect(alert_fires, "PurchasesLow", since="12:02", within="5m")
    scenario.expect(operation_succeeds_after, "order", at="12:07", within="2m")
    diners.arrive(8)
    scenario.at("12:01:40", "others come, who look at the menu first", lead="55s")
    diners.arrive(16)
    scenario.at("12:02", "the database fails over to a replica", lead="20s")
    with scenario.fault(DatabaseReadOnly()):
        scenario.at("12:07", "it may be written again", lead="5m")
    scenario.play("90s")
