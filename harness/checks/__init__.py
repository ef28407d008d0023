"""Expectations as functions of a history: written down before, put to it after, put again later."""

from __future__ import annotations

from collections.abc import Callable

from harness.checks.alerts import (
    alert_fires,
    alert_fires_upon,
    alert_resolves,
    alert_stays_quiet,
    alerts_fire_in_order,
    alerts_go_no_data,
)
from harness.checks.always import always, eventually, never
from harness.checks.budgets import (
    acknowledged_within,
    availability,
    detected_within,
    reset_within,
    sooner_than,
    telemetry_has_no_gap,
)
from harness.checks.check import Check
from harness.checks.deployment import deployment_completes, remedy_has_no_effect
from harness.checks.impact import impact
from harness.checks.judge import Judgement, judge
from harness.checks.metrics import Metrics, metrics
from harness.checks.orders import (
    every_pizza_verifies,
    no_acknowledged_order_is_lost,
    no_order_is_duplicated,
    no_phantom_orders,
    nobody_is_logged_out,
    unknown_orders_are_settled,
)
from harness.checks.people import (
    diagnosis_names,
    first_human_action,
    paged_and_escalated,
    pages_left_alone,
    pages_taken,
    report_url_came_from_a_reply,
)
from harness.checks.promises import every_outage_is_noticed, nobody_is_paged_about_nothing, recovers_by_itself
from harness.checks.proofs import Proof
from harness.checks.recovery import back_within, outage_lasts, purchase_outage_lasts, still_down
from harness.checks.requests import (
    nothing_succeeds,
    operation_succeeds_after,
    operations_fail_with,
    operations_work,
)
from harness.checks.result import CheckResult, Verdict
from harness.checks.steady import steady_state
from harness.checks.telemetry import telemetry_stops
from harness.checks.verification import verifying_names

CHECKS: tuple[Callable[..., Check], ...] = (
    steady_state,
    deployment_completes,
    nothing_succeeds,
    telemetry_stops,
    alerts_go_no_data,
    alert_fires,
    alert_fires_upon,
    alerts_fire_in_order,
    alert_stays_quiet,
    alert_resolves,
    paged_and_escalated,
    pages_left_alone,
    pages_taken,
    first_human_action,
    remedy_has_no_effect,
    diagnosis_names,
    verifying_names,
    still_down,
    back_within,
    outage_lasts,
    operations_work,
    operations_fail_with,
    operation_succeeds_after,
    report_url_came_from_a_reply,
    purchase_outage_lasts,
    impact,
    availability,
    telemetry_has_no_gap,
    detected_within,
    acknowledged_within,
    reset_within,
    sooner_than,
    no_acknowledged_order_is_lost,
    no_phantom_orders,
    no_order_is_duplicated,
    unknown_orders_are_settled,
    every_pizza_verifies,
    nobody_is_logged_out,
    every_outage_is_noticed,
    recovers_by_itself,
    nobody_is_paged_about_nothing,
    eventually,
    always,
    never,
)
"""Every check there is, in the order of a night: steady, broken, noticed, handled, back, counted, promised, kept."""

__all__ = [
    "CHECKS",
    "Check",
    "CheckResult",
    "Judgement",
    "Metrics",
    "Proof",
    "Verdict",
    "acknowledged_within",
    "alert_fires",
    "alert_fires_upon",
    "alert_resolves",
    "alert_stays_quiet",
    "alerts_fire_in_order",
    "alerts_go_no_data",
    "always",
    "availability",
    "back_within",
    "deployment_completes",
    "detected_within",
    "diagnosis_names",
    "eventually",
    "every_outage_is_noticed",
    "every_pizza_verifies",
    "first_human_action",
    "impact",
    "judge",
    "metrics",
    "never",
    "no_acknowledged_order_is_lost",
    "no_order_is_duplicated",
    "no_phantom_orders",
    "nobody_is_logged_out",
    "nobody_is_paged_about_nothing",
    "nothing_succeeds",
    "operation_succeeds_after",
    "operations_fail_with",
    "operations_work",
    "outage_lasts",
    "paged_and_escalated",
    "pages_left_alone",
    "pages_taken",
    "purchase_outage_lasts",
    "recovers_by_itself",
    "remedy_has_no_effect",
    "report_url_came_from_a_reply",
    "reset_within",
    "sooner_than",
    "steady_state",
    "still_down",
    "telemetry_has_no_gap",
    "telemetry_stops",
    "unknown_orders_are_settled",
    "verifying_names",
]
