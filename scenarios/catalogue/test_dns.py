"""DNS: the site's name is gone, and whoever comes anew finds nobody."""

import pytest

from harness.checks import alert_fires, operation_succeeds_after, operations_fail_with, steady_state
from harness.faults import NameNotFound
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 11:58 MST")
def test_dns(scenario: Scenario, diners: Diners) -> None:
    """Without its record the site loses everyone who comes anew, and the lack of purchases tells of it."""
    scenario.expect(steady_state, "12:01", "12:02", requests_at_least=10)
    scenario.expect(operations_fail_with, "register", "failed to fetch", since="12:02:35", until="12:07:30")
    scenario.expect(alert_fires, "PurchasesLow", since="12:02:35", within="4m55s")
    scenario.expect(operation_succeeds_after, "register", at="12:07:30", within="1m")
    diners.arrive(8)
    scenario.at("12:02", "the record is deleted", lead="75s")
    with scenario.fault(NameNotFound()):
        scenario.at("12:02:35", "older answers are forgotten, and other diners come", lead="35s")
        diners.leave()
        diners.arrive(8)
        scenario.at("12:07:30", "the record is there again", lead="4m55s")
    scenario.play("75s")
