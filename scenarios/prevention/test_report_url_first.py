"""Prevention 4: the runbook for failed purchases begins with the reportUrl in the failed reply."""

import pytest

from harness.checks import (
    alert_fires_upon,
    detected_within,
    operation_succeeds_after,
    operations_fail_with,
    pages_taken,
    report_url_came_from_a_reply,
    reset_within,
    sooner_than,
    steady_state,
)
from harness.faults import FactoryChaos
from harness.scenario import Diners, OnCall, Scenario, Shop


@pytest.mark.chaos(begins="2024-12-01 13:02 MST")
def test_report_url_first(scenario: Scenario, shop: Shop, diners: Diners, on_call: OnCall) -> None:
    """Whoever is paged about failed purchases tries one, reads the reply and follows its link: minutes, no search."""
    scenario.expect(steady_state, "13:06", "13:10")
    scenario.expect(
        operations_fail_with, "order", "Failed to fulfill order at factory", since="13:10:30", until="13:12"
    )
    scenario.expect(alert_fires_upon, "PurchaseFailures", "order", since="13:10", within=shop.two_evaluations)
    scenario.expect(detected_within, "2m")
    scenario.expect(pages_taken, since="13:10", within="4m")
    scenario.expect(report_url_came_from_a_reply)
    scenario.expect(operation_succeeds_after, "order", at="13:14")
    scenario.expect(reset_within, "5m")
    scenario.expect(sooner_than, "14m")
    diners.arrive(8)
    scenario.at("13:10", "the factory begins to fail", lead="8m")
    with scenario.fault(FactoryChaos("fail")):
        scenario.at("13:13", "the page is taken, and the runbook opened", lead="3m")
        on_call.acknowledges()
        on_call.buys_a_pizza()
        scenario.at("13:14", "the reportUrl of the failed reply is followed", lead="1m")
        on_call.follows_the_report_url()
        scenario.play("3m")
