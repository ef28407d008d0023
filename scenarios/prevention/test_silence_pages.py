"""Prevention 2: silence has one alert of its own, on a channel of its own, in place of nine that all say “no data”."""

import pytest

from harness.checks import (
    acknowledged_within,
    alert_fires,
    alert_stays_quiet,
    detected_within,
    reset_within,
    sooner_than,
    steady_state,
)
from harness.faults import BalancerMissing
from harness.scenario import Diners, OnCall, Scenario


@pytest.mark.chaos(
    begins="2024-12-01 05:15 MST",
    rules="silence_rules.yaml",
    notifications="silence_notifications.yaml",
    on_call="silence_on_call.yaml",
)
def test_silence_pages(scenario: Scenario, diners: Diners, on_call: OnCall) -> None:
    """One page that says “the service has stopped reporting” is believed, and taken within minutes."""
    scenario.expect(steady_state, "05:20", "05:24")
    scenario.expect(alert_fires, "ServiceSilent", since="05:24", within="3m", reason="no data")
    scenario.expect(alert_stays_quiet, "RequestsLow", "05:24", "05:44")
    scenario.expect(detected_within, "3m")
    scenario.expect(acknowledged_within, "5m")
    scenario.expect(sooner_than, "4h35m", step="taken")
    scenario.expect(reset_within, "20m")
    scenario.expect(sooner_than, "7h46m")
    diners.arrive(8)
    scenario.at("05:24", "the subdomain starts failing", lead="8m")
    with scenario.fault(BalancerMissing()):
        scenario.at("05:34", "whoever was paged looks from outside", lead="10m")
        on_call.diagnoses()
        on_call.performs("recreate load balancer")
        scenario.at("05:40", "the new load balancer listens", lead="1m")
        on_call.performs("update DNS")
        scenario.play("4m")
