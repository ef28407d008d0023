"""Nothing is broken: whoever wants a pizza gets one, and it is a good one."""

import pytest

from harness.checks import every_pizza_verifies, steady_state
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 11:59 MST", expects_no_fault=True)
def test_steady(scenario: Scenario, diners: Diners) -> None:
    """On a day without trouble every request succeeds, and every pizza is good."""
    scenario.expect(steady_state, "11:59", "12:00:30")
    scenario.expect(every_pizza_verifies, "11:59", "12:00:30")
    diners.arrive(12)
    scenario.at("12:00:30", "lunch is over", lead="90s")
