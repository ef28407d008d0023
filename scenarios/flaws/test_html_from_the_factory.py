"""A factory's 502 in HTML reaches diners as a mistake of JSON: `reply-parsed-before-status`."""

import pytest

from harness.checks import operations_fail_with, steady_state
from harness.faults import FactoryMisbehaves
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 12:00 MST", shows="reply-parsed-before-status")
def test_html_from_the_factory(scenario: Scenario, diners: Diners) -> None:
    """Whatever a failing factory answers, diners are told that the factory failed."""
    scenario.expect(steady_state, "12:00", "12:02", requests_at_least=10)
    scenario.expect(operations_fail_with, "order", "Failed to fulfill order at factory", since="12:02", until="12:04")
    diners.arrive(8)
    scenario.at("12:02", "the factory answers with an HTML page", lead="2m")
    with scenario.fault(FactoryMisbehaves("html_502")):
        scenario.play("2m")
    scenario.play("2m")
