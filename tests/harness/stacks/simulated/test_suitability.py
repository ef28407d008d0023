from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.faults import FactoryKilled, LinkDown
from harness.faults.database_locked import DatabaseLocked
from harness.planning import Planned
from harness.run import Plan
from harness.scenario import Scenario
from harness.settings import Settings
from harness.stacks.simulated.suitability import why_not

ROOT = Path(__file__).parents[4]


def plan() -> Planned:
    return Planned(
        Plan("a test", Path(__file__), "", "2024-12-01 12:00 MST", expects_no_fault=False, settings=Settings())
    )


def kills_the_factory(scenario: Scenario) -> None:
    with scenario.fault(FactoryKilled()):
        scenario.play("1m")


def locks_the_database(scenario: Scenario) -> None:
    with scenario.fault(DatabaseLocked()):
        scenario.play("1m")


def cuts(scenario: Scenario, link: str) -> None:
    with scenario.fault(LinkDown(link)):
        scenario.play("1m")


def test_scenario_of_faults_that_are_carried_out_can_be_simulated() -> None:
    assert why_not(kills_the_factory, plan(), values={}) == ""


def test_scenario_with_a_fault_of_real_programs_says_which() -> None:
    assert why_not(locks_the_database, plan(), values={}) == "database/writes blocked takes real programs"


def test_scenario_on_a_link_that_there_is_not_says_so_and_only_for_that_parameter() -> None:
    assert why_not(cuts, plan(), values={"link": "factory"}) == ""
    assert "no link to a database" in why_not(cuts, plan(), values={"link": "database"})


def test_scenario_with_a_fixture_of_its_own_can_only_be_told_by_running_it() -> None:
    assert why_not(cuts, plan(), values={}) == ""


def test_scenario_that_breaks_off_when_it_is_read_is_left_to_run_and_to_say_why() -> None:
    def wrong(scenario: Scenario) -> None:
        scenario.play("a while")

    assert why_not(wrong, plan(), values={}) == ""


@pytest.mark.parametrize("seed", [1])
def test_plain_parameters_are_passed_on(seed: int) -> None:
    def seeded(scenario: Scenario, seed: int) -> None:
        assert seed == 1
        locks_the_database(scenario)

    assert why_not(seeded, plan(), values={"seed": seed})


PROJECT = '''
import pytest
from harness.checks import steady_state
from harness.faults import DatabaseLocked, LinkDown


@pytest.mark.chaos(begins="2024-12-01 12:00 MST")
@pytest.mark.parametrize("fault", [DatabaseLocked(), LinkDown("database")])
def test_hurt(scenario, fault):
    """The database is hurt."""
    with scenario.fault(fault):
        scenario.play("1m")
'''


@pytest.mark.slow
@pytest.mark.parametrize("stack", ["simulated", "simulated-wire"])
def test_scenario_that_cannot_be_simulated_is_skipped_before_anything_starts(stack: str, tmp_path: Path) -> None:
    (tmp_path / "test_scenarios.py").write_text(PROJECT)
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", f"--chaos-stack={stack}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert "2 skipped" in made.stdout, made.stdout
    assert f"not on the {stack} stack: database/writes blocked takes real programs" in made.stdout
    assert f"not on the {stack} stack: there is no link to a database" in made.stdout
    assert not (tmp_path / "runs").exists()
