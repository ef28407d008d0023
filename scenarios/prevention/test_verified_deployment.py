"""Prevention 1: whoever deploys looks at the site from outside before they go to bed."""

import pytest

from harness.checks import (
    deployment_completes,
    detected_within,
    diagnosis_names,
    reset_within,
    sooner_than,
    steady_state,
)
from harness.faults import BalancerMissing
from harness.scenario import Diners, OnCall, Scenario, Shop


@pytest.mark.chaos(begins="2024-11-30 21:59 MST")
def test_verified_deployment(scenario: Scenario, shop: Shop, diners: Diners, on_call: OnCall) -> None:
    """A deployment that loses its load balancer is verified at once: the layer is named and mended within minutes."""
    scenario.expect(steady_state, "22:00", "22:03")
    scenario.expect(deployment_completes, at="22:03", within="2m")
    scenario.expect(diagnosis_names, "DNS", at="22:06")
    scenario.expect(detected_within, "3m")
    scenario.expect(reset_within, "5m")
    scenario.expect(sooner_than, "7h46m")
    diners.arrive(8)
    scenario.at("22:03", "push: a new endpoint", lead="3m")
    shop.push("add an endpoint")
    scenario.at("22:05", "the deployment has completed, and its load balancer is gone", lead="2m")
    with scenario.fault(BalancerMissing()):
        scenario.at("22:06", "the developer verifies what they deployed, from outside", lead="1m")
        on_call.verifies()
        on_call.performs("recreate load balancer", "it does not exist")
        scenario.at("22:08", "the new load balancer listens", lead="2m")
        on_call.performs("update DNS", "the record names the old one")
        scenario.play("2m")
