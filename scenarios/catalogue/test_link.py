"""Link: the network between the service and its factory breaks connections off."""

import pytest

from harness.checks import alert_fires_upon, operation_succeeds_after, operations_fail_with, steady_state
from harness.faults import OnLink
from harness.faults.toxics import ResetPeer
from harness.scenario import Diners, Scenario, Shop


@pytest.mark.chaos(begins="2024-12-01 11:58 MST")
def test_link(scenario: Scenario, shop: Shop, diners: Diners) -> None:
    """Connections that are reset cost orders and nothing else; the alert on purchases fires, and the next try works."""
    scenario.expect(steady_state, "12:01", "12:02", requests_at_least=10)
    scenario.expect(operations_fail_with, "order", "fetch failed", since="12:02", until="12:04")
    scenario.expect(alert_fires_upon, "PurchaseFailures", "order", since="12:02", within=shop.two_evaluations)
    scenario.expect(operation_succeeds_after, "order", at="12:04", within="30s")
    diners.arrive(8)
    scenario.at("12:02", "the network resets connections to the factory", lead="75s")
    with scenario.fault(OnLink("factory", ResetPeer())):
        scenario.at("12:04", "it carries them again", lead="2m")
    scenario.play("75s")
