"""Ingress: the load balancer stands, and forwards to nobody."""

import pytest

from harness.checks import alert_fires, back_within, nothing_succeeds, steady_state
from harness.faults import BalancerWithoutTargets
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 11:58 MST")
def test_ingress(scenario: Scenario, diners: Diners) -> None:
    """With no target behind the balancer every page is a 503, the lack of purchases tells of it, and it passes."""
    scenario.expect(steady_state, "12:01", "12:02", requests_at_least=10)
    scenario.expect(nothing_succeeds, "12:02", "12:05")
    scenario.expect(alert_fires, "PurchasesLow", since="12:02", within="5m")
    scenario.expect(back_within, at="12:07", within="30s")
    diners.arrive(8)
    scenario.at("12:02", "the target group is detached", lead="75s")
    with scenario.fault(BalancerWithoutTargets()):
        scenario.at("12:07", "somebody attaches it again", lead="5m")
    scenario.play("75s")
