"""TLS: the site's certificate has expired."""

import pytest

from harness.checks import alert_fires, operation_succeeds_after, operations_fail_with, steady_state
from harness.faults import TlsCertificate
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 11:58 MST", https=True)
def test_tls(scenario: Scenario, diners: Diners) -> None:
    """Nobody new comes in past an expired certificate, the lack of purchases tells of it, and a good one is enough."""
    scenario.expect(steady_state, "12:01", "12:02", requests_at_least=10)
    scenario.expect(operations_fail_with, "register", "failed to fetch", since="12:02", until="12:07")
    scenario.expect(alert_fires, "PurchasesLow", since="12:02", within="5m")
    scenario.expect(operation_succeeds_after, "register", at="12:07", within="30s")
    diners.arrive(8)
    scenario.at("12:02", "the certificate expires, and other diners come", lead="75s")
    with scenario.fault(TlsCertificate("expired")):
        diners.leave()
        diners.arrive(8)
        scenario.at("12:07", "it is renewed", lead="5m")
    scenario.play("75s")
