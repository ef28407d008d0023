"""Telemetry: nothing that the service pushes arrives, and its diners notice nothing."""

import pytest

from harness.checks import alert_fires, steady_state, telemetry_stops
from harness.faults import LinkDown
from harness.scenario import Diners, Scenario, Shop


@pytest.mark.chaos(begins="2024-12-01 11:58 MST")
def test_telemetry(scenario: Scenario, shop: Shop, diners: Diners) -> None:
    """A site that nobody can see is a site that serves: alerts go off for lack of data, and no diner has a bad day."""
    silence = shop.evaluation_delays["PurchasesLow"]
    scenario.expect(steady_state, "12:01", "12:06")
    scenario.expect(telemetry_stops, at="12:02", within=shop.push_interval, until="12:05")
    scenario.expect(alert_fires, "PurchasesLow", since="12:02", within=silence, reason="no data")
    diners.arrive(8)
    scenario.at("12:02", "the way to the metrics is cut", lead="75s")
    with scenario.fault(LinkDown("telemetry")):
        scenario.play("3m30s")
    scenario.play("75s")
