"""A database that cannot be reached is told to diners as their own fault: `db-trouble-is-401`."""

import pytest

from harness.checks import back_within, nobody_is_logged_out, steady_state
from harness.faults import LinkDown
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 12:00 MST", needs_database=True, shows="db-trouble-is-401")
def test_database_trouble(scenario: Scenario, diners: Diners) -> None:
    """Whoever is signed in stays so, whatever becomes of the database: what fails is the shop, and it says so."""
    scenario.expect(steady_state, "12:00", "12:02", requests_at_least=10)
    scenario.expect(nobody_is_logged_out, since="12:02", until="12:04")
    scenario.expect(back_within, at="12:04", within="30s")
    diners.arrive(8)
    scenario.at("12:02", "the way to the database is cut", lead="2m")
    with scenario.fault(LinkDown("database")):
        scenario.at("12:04", "it is there again", lead="2m")
    scenario.play("2m")
