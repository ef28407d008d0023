"""The night of 2024-12-01 in nine minutes: its beats, with waits as short as alert rules allow.

Short enough for speed 1, and so for a service of your own; `make beats SERVICE=PATH` compares that with the twin.
"""

import pytest

from harness.checks import (
    alert_fires,
    alert_resolves,
    alerts_go_no_data,
    back_within,
    diagnosis_names,
    never,
    nothing_succeeds,
    operation_succeeds_after,
    operations_work,
    remedy_has_no_effect,
    report_url_came_from_a_reply,
    steady_state,
    still_down,
)
from harness.faults import BalancerMissing, FactoryChaos
from harness.scenario import Diners, OnCall, Scenario, Shop

SEEN_BY_DINERS = ("SiteDown", "OrdersFail")
"""Rules that look at what diners experience; all others look at what the service pushes."""


@pytest.mark.chaos(
    begins="2024-12-01 05:22 MST",
    rules="night_in_short_rules.yaml",
    not_on={"attached": "its load balancer is not ours to remove"},
)
def test_night_in_short(scenario: Scenario, shop: Shop, diners: Diners, on_call: OnCall) -> None:
    """Without a balancer all that is pushed stops, two remedies are useless, and behind it all a factory fails."""
    the_report_says(scenario, shop)
    diners.arrive(20)
    scenario.at("05:23:40", "the subdomain starts failing", lead="100s")
    with scenario.fault(BalancerMissing()):
        scenario.at("05:24:30", "out of sight, the factory begins to fail", lead="50s")
        with scenario.fault(FactoryChaos("fail")):
            scenario.at("05:25", "the dashboard is opened by hand")
            on_call.acknowledges()
            on_call.performs("recreate service", "a downed service is found in the cluster")
            scenario.at("05:25:35", "redeploy through a push", lead="35s")
            on_call.performs("push", "redeploy through a push")
            scenario.at("05:26:25", "the DNS record is looked at", lead="50s")
            on_call.diagnoses()
            on_call.performs("recreate load balancer")
            scenario.at("05:27:05", "and the site is still down", lead="40s")
            on_call.performs("update DNS")
            scenario.at("05:29:20", "a purchase by hand, with the developer tools open", lead="2m15s")
            on_call.acknowledges()
            on_call.buys_a_pizza()
            on_call.follows_the_report_url()
            scenario.play("75s")


def the_report_says(scenario: Scenario, shop: Shop) -> None:
    """Expect what the long night's report says, beat by beat; of a service that pushes nothing, what diners see."""
    silent = [rule for rule in shop.evaluation_delays if rule not in SEEN_BY_DINERS]
    scenario.expect(steady_state, "05:22:50", "05:23:40")
    scenario.expect(nothing_succeeds, "05:23:40", "05:27:05")
    if silent:
        # Tasks that are started in vain may log that they start; they do not live to push metrics.
        scenario.expect(never, "metrics_received", {}, since="05:24", until="05:26:25")
        scenario.expect(alerts_go_no_data, silent, since="05:23:40", within=dict.fromkeys(silent, "90s"))
    scenario.expect(alert_fires, "SiteDown", since="05:23:40", within="90s")
    scenario.expect(remedy_has_no_effect, "recreate service", at="05:25", until="05:26:25")
    scenario.expect(remedy_has_no_effect, "push", at="05:25:35", until="05:26:25")
    scenario.expect(diagnosis_names, "DNS", at="05:26:25")
    scenario.expect(still_down, at="05:27:05", over="40s")
    scenario.expect(back_within, at="05:27:05", within="50s")
    scenario.expect(operations_work, ["log in", "look at the menu"], "05:28:05", "05:29:20")
    scenario.expect(alert_fires, "OrdersFail", since="05:27:05", within="2m15s")
    scenario.expect(report_url_came_from_a_reply)
    scenario.expect(operation_succeeds_after, "order", at="05:29:20", within="60s")
    scenario.expect(alert_resolves, "OrdersFail", since="05:29:20", within="75s")
