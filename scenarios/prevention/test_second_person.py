"""Prevention 3: a page that nobody takes goes on to somebody else, who does."""

import pytest

from harness.checks import (
    acknowledged_within,
    detected_within,
    paged_and_escalated,
    pages_left_alone,
    reset_within,
    sooner_than,
    steady_state,
)
from harness.faults import BalancerMissing
from harness.scenario import Diners, OnCall, Scenario


@pytest.mark.chaos(begins="2024-12-01 05:15 MST", on_call="second_person_on_call.yaml")
def test_second_person(scenario: Scenario, diners: Diners) -> None:
    """Jaquelyn takes the alerts for misconfigured and sleeps on; after five minutes Sam is paged, and gets up."""
    scenario.expect(steady_state, "05:20", "05:24")
    scenario.expect(pages_left_alone, "05:24", "05:30")
    scenario.expect(paged_and_escalated, "05:24", "05:40")
    scenario.expect(detected_within, "3m")
    scenario.expect(acknowledged_within, "15m")
    scenario.expect(sooner_than, "4h35m", step="taken")
    scenario.expect(reset_within, "40m")
    scenario.expect(sooner_than, "7h46m")
    sam = OnCall(scenario, name="Sam")
    diners.arrive(8)
    scenario.at("05:24", "the subdomain starts failing", lead="8m")
    with scenario.fault(BalancerMissing()):
        scenario.at("05:45", "Sam looks from outside", lead="21m")
        sam.diagnoses()
        sam.performs("recreate load balancer")
        scenario.at("05:55", "the new load balancer listens", lead="1m")
        sam.performs("update DNS")
        scenario.play("4m")
