"""The night of 2024-12-01, beat by beat, from the push at 22:03 to the last pizza that failed at 13:24.

Longer than a scenario should be: it is the report's own timeline, a line a beat, and no helper may hide one.
"""

import pytest

from harness.checks import (
    alert_fires_upon,
    alerts_go_no_data,
    back_within,
    deployment_completes,
    diagnosis_names,
    first_human_action,
    impact,
    nothing_succeeds,
    operation_succeeds_after,
    operations_fail_with,
    operations_work,
    outage_lasts,
    paged_and_escalated,
    pages_left_alone,
    pages_taken,
    purchase_outage_lasts,
    remedy_has_no_effect,
    report_url_came_from_a_reply,
    steady_state,
    still_down,
    telemetry_stops,
)
from harness.faults import BalancerMissing, FactoryChaos
from harness.scenario import Diners, OnCall, Scenario, Shop

TRIED = [
    ("10:40", "recreate task definition", "a downed service is found in the cluster"),
    ("10:50", "recreate service", "the task definition did not help"),
    ("11:00", "recreate cluster", "the service did not help"),
    ("11:48", "push", "redeploy through a push"),
    ("12:06", "push", "document the new endpoint"),
    ("12:16", "push", "remove the new endpoint"),
    ("12:30", "recreate service", "the earlier steps once more, with the updated deployment"),
]

NO_EFFECT = [
    ("recreate task definition", "10:40", "10:50"),
    ("recreate service", "10:50", "11:00"),
    ("recreate cluster", "11:00", "11:20"),
    ("push", "11:48", "12:06"),
    ("push", "12:06", "12:16"),
    ("push", "12:16", "12:30"),
    ("recreate service", "12:30", "12:50"),
]


@pytest.mark.chaos(begins="2024-11-30 21:59 MST")
def test_incident_2024_12_01(scenario: Scenario, shop: Shop, diners: Diners, on_call: OnCall) -> None:
    """With the balancer gone all alerts fire on empty data, one remedy of nine helps, and behind it a factory fails."""
    the_report_says(scenario, shop)
    diners.arrive(8)
    scenario.at("22:03", "push: a new endpoint", lead="4m")
    shop.push("add an endpoint")
    scenario.play("4m")
    on_call.ignores("taken for misconfigured alerts, to be fixed in the morning")
    scenario.at("05:24", "the subdomain starts failing", lead="2m")
    with scenario.fault(BalancerMissing()):
        scenario.play("12m")
        scenario.at("08:00", "out of sight, the factory begins to fail")
        with scenario.fault(FactoryChaos("fail")):
            scenario.at("10:00", "the dashboard is opened by hand")
            on_call.acknowledges()
            for time, remedy, why in TRIED:
                scenario.at(time, why)
                on_call.performs(remedy, why)
                scenario.play("75s")
            scenario.at("12:50", "the DNS record is looked at")
            on_call.diagnoses()
            scenario.at("13:00", "the load balancer is created again")
            on_call.performs("recreate load balancer")
            scenario.play("45s")
            scenario.at("13:05", "and the site is still down", lead="1m")
            scenario.at("13:10", "the DNS record is updated")
            on_call.performs("update DNS")
            scenario.play("2m")
            on_call.acknowledges()
            scenario.play("1m")
            scenario.at("13:22", "a purchase by hand, with the developer tools open")
            on_call.buys_a_pizza()
            scenario.at("13:24", "the reportURL is followed", lead="1m")
            on_call.follows_the_report_url()
            scenario.play("3m30s")


def the_report_says(scenario: Scenario, shop: Shop) -> None:
    """Expect every statement of the incident report, in its order."""
    delays = shop.evaluation_delays
    silent, down, hungry = shop.push_interval, ("05:24", "13:10"), ("13:11", "13:24")
    scenario.expect(deployment_completes, at="22:03", within="2m")
    scenario.expect(steady_state, "22:03", "22:07")
    scenario.expect(nothing_succeeds, *down)
    scenario.expect(telemetry_stops, at="05:24", within=silent, until="13:00")
    scenario.expect(alerts_go_no_data, list(delays), since="05:24", within=delays)
    scenario.expect(paged_and_escalated, "05:24", "10:00")
    scenario.expect(pages_left_alone, "05:24", "10:00")
    scenario.expect(first_human_action, at="10:00", since="05:24")
    for remedy, at, until in NO_EFFECT:
        scenario.expect(remedy_has_no_effect, remedy, at=at, until=until)
    scenario.expect(diagnosis_names, "DNS", at="12:50")
    scenario.expect(still_down, at="13:05")
    scenario.expect(back_within, at="13:10", within=shop.reachable_after_a_dns_change)
    scenario.expect(outage_lasts, "7h46m", tolerance="1m", since="05:24")
    scenario.expect(operations_work, ["log in", "look at the menu"], *hungry)
    scenario.expect(operations_fail_with, "order", "Failed to fulfill order at factory", since="13:11", until="13:24")
    scenario.expect(alert_fires_upon, "PurchaseFailures", "order", since="13:10", within=shop.two_evaluations)
    scenario.expect(pages_taken, since="13:10", within="5m")
    scenario.expect(report_url_came_from_a_reply)
    scenario.expect(operation_succeeds_after, "order", at="13:24")
    scenario.expect(purchase_outage_lasts, "14m", tolerance="1m", since="13:10")
    scenario.expect(impact, [("nobody could log in", *down), ("nobody could order", "13:10", "13:24")])
