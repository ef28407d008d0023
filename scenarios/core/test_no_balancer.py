"""The load balancer is gone, and DNS still points at it."""

import pytest

from harness.checks import back_within, nothing_succeeds, steady_state
from harness.faults import BalancerMissing
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 11:59 MST", not_on={"attached": "its load balancer is not ours to remove"})
def test_no_balancer(scenario: Scenario, diners: Diners) -> None:
    """Without a load balancer nobody is served, however well the service is, and with one and its record everybody."""
    scenario.expect(steady_state, "11:59", "12:00", requests_at_least=10)
    scenario.expect(nothing_succeeds, "12:00", "12:00:45", settle="2s", requests_at_least=10)
    # Until then some still believe what DNS told them before.
    scenario.expect(back_within, at="12:00:45", within="45s")
    diners.arrive(12)
    scenario.at("12:00", "the load balancer is removed", lead="1m")
    with scenario.fault(BalancerMissing()):
        scenario.at("12:00:45", "another is made, and the record follows", lead="45s")
    scenario.play("1m40s")
