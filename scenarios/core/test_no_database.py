"""The database refuses connections."""

import pytest

from harness.checks import back_within, nothing_succeeds, steady_state
from harness.faults import LinkDown
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 11:59 MST", needs_database=True)
def test_no_database(scenario: Scenario, diners: Diners) -> None:
    """Without its database the service can do nothing for anybody, and needs no restart when that is back."""
    scenario.expect(steady_state, "11:59", "12:00", requests_at_least=10)
    scenario.expect(nothing_succeeds, "12:00", "12:00:45", settle="2s", requests_at_least=10)
    scenario.expect(back_within, at="12:00:45", within="15s")
    diners.arrive(12)
    scenario.at("12:00", "the way to the database is cut", lead="1m")
    with scenario.fault(LinkDown("database")):
        scenario.at("12:00:45", "it is there again", lead="45s")
    scenario.play("70s")
