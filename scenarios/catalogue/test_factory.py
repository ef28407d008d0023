"""Factory: a proxy in front of it answers every order with an HTML page."""

import pytest

from harness.checks import (
    alert_fires_upon,
    operation_succeeds_after,
    operations_fail_with,
    operations_work,
    pages_taken,
    steady_state,
)
from harness.faults import FactoryMisbehaves
from harness.scenario import Diners, OnCall, Scenario, Shop


@pytest.mark.chaos(begins="2024-12-01 11:58 MST")
def test_factory(scenario: Scenario, shop: Shop, diners: Diners, on_call: OnCall) -> None:
    """Orders fail with words that name no factory, their alert fires all the same, and the rest of the shop goes on."""
    scenario.expect(steady_state, "12:01", "12:02", requests_at_least=10)
    scenario.expect(operations_work, ["log in", "look at the menu"], "12:02", "12:04")
    scenario.expect(operations_fail_with, "order", "Unexpected token '<'", since="12:02", until="12:04")
    scenario.expect(alert_fires_upon, "PurchaseFailures", "order", since="12:02", within=shop.two_evaluations)
    scenario.expect(pages_taken, since="12:02", within="2m30s")
    scenario.expect(operation_succeeds_after, "order", at="12:04", within="30s")
    diners.arrive(8)
    scenario.at("12:02", "502 Bad Gateway, in HTML", lead="75s")
    with scenario.fault(FactoryMisbehaves("html_502")):
        scenario.at("12:04", "the proxy is mended", lead="2m")
    on_call.acknowledges()
    scenario.play("75s")
