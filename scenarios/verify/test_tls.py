"""Verify: the site shows a certificate that no browser accepts."""

import pytest

from harness.checks import steady_state, verifying_names
from harness.faults import TlsCertificate
from harness.scenario import Diners, OnCall, Scenario

LAYERS = dict.fromkeys(map(TlsCertificate, ("expired", "wrong_name", "not_yet_valid")), "TLS")


@pytest.mark.chaos(begins="2024-12-01 11:55 MST", https=True, not_on={"attached": "its certificates are not ours"})
def test_tls(scenario: Scenario, diners: Diners, on_call: OnCall) -> None:
    """Whoever looks from outside names the certificate, whatever is wrong with it, and nothing once it is renewed."""
    scenario.expect(steady_state, "11:59:15", "12:00", requests_at_least=10)
    scenario.expect(verifying_names, {fault.name: layer for fault, layer in LAYERS.items()}, within="5s")
    diners.arrive(8)
    scenario.at("12:00", "one bad certificate after the other", lead="45s")
    on_call.verifies(until="well")
    for fault in LAYERS:
        with scenario.fault(fault):
            on_call.verifies(until="broken")
            diners.leave()
            diners.arrive(8)
            scenario.play("15s")
        on_call.verifies(until="well")
    scenario.play("90s")
