from __future__ import annotations

import os
import random
import re
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
from harness.testing import Seal

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


def test_scenario_with_a_further_fixture_is_read_through_with_a_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def writes(scenario: Scenario, tmp_path: Path, capsys: pytest.CaptureFixture[str], minutes: int) -> None:
        (tmp_path / "made").mkdir()
        with (tmp_path / "made" / "notes.txt").open("w") as notes, open(tmp_path / "more.txt", "w") as more:  # noqa: PTH123
            notes.write("much")
            more.write("more")
        capsys.readouterr().out.splitlines()
        for each in tmp_path.iterdir():
            scenario.play(f"{each}m")
        scenario.play(f"{minutes}m")
        locks_the_database(scenario)

    monkeypatch.chdir(tmp_path)
    assert why_not(writes, plan(), values={}) == "database/writes blocked takes real programs"
    assert not list(tmp_path.iterdir())

    def kills(scenario: Scenario, tmp_path: Path) -> None:
        (tmp_path / "made").mkdir()
        kills_the_factory(scenario)

    assert why_not(kills, plan(), values={}) == ""


def test_scenario_that_turns_on_what_a_further_fixture_gives_is_skipped_and_says_why() -> None:
    assert re.fullmatch(
        r"whether it can be simulated depends on link, which nobody knows before it runs: reading it through ended "
        r"with TypeError: what a fixture gives .*\. Parametrize what link gives, or say it with not_on",
        why_not(cuts, plan(), values={}),
    )


def test_error_of_a_scenario_hides_nothing_that_it_could_not_do() -> None:
    def wrong(scenario: Scenario) -> None:
        locks_the_database(scenario)
        raise ValueError

    assert why_not(wrong, plan(), values={}) == "database/writes blocked takes real programs"


def test_default_of_a_parameter_is_no_fixture() -> None:
    def counts(scenario: Scenario, minutes: int = 3) -> None:
        assert minutes == 3
        locks_the_database(scenario)

    assert why_not(counts, plan(), values={}) == "database/writes blocked takes real programs"


def test_reading_a_scenario_does_nothing_in_the_real_world_and_leaves_the_leak_to_the_run(tmp_path: Path) -> None:
    def touches(scenario: Scenario) -> None:
        subprocess.run(["touch", str(tmp_path / "touched")], check=True)
        locks_the_database(scenario)

    assert why_not(touches, plan(), values={}) == ""
    assert not list(tmp_path.iterdir())


def test_chance_decides_alike_when_a_scenario_is_read_and_when_it_runs() -> None:
    drawn: list[float] = []
    assert why_not(lambda: drawn.append(random.random()), plan(), values={}) == ""  # noqa: TID251
    with Seal(seed=Settings().seed):
        assert drawn == [random.random()]  # noqa: TID251


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


@pytest.fixture(params=["database"])
def link(request):
    return request.param.upper().lower()


@pytest.mark.chaos(begins="2024-12-01 12:00 MST")
def test_cut(scenario, link):
    """A link is cut, whichever it is."""
    with scenario.fault(LinkDown(link)):
        scenario.play("1m")


@pytest.mark.chaos(begins="2024-12-01 12:00 MST")
def test_skips(scenario):
    """It leaves itself out."""
    pytest.skip("not today")


@pytest.mark.chaos(begins="2024-12-01 12:00 MST", needs_database=True)
def test_server(scenario):
    """The database server is hurt."""
'''


@pytest.mark.slow
@pytest.mark.parametrize("stack", ["simulated", "simulated-wire"])
def test_scenario_that_cannot_be_simulated_is_skipped_before_anything_starts(stack: str, tmp_path: Path) -> None:
    (tmp_path / "test_scenarios.py").write_text(PROJECT)
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", f"--chaos-stack={stack}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert "5 skipped" in made.stdout, made.stdout
    assert f"not on the {stack} stack: database/writes blocked takes real programs" in made.stdout
    assert f"not on the {stack} stack: there is no link to a database" in made.stdout
    assert f"not on the {stack} stack: whether it can be simulated depends on link" in made.stdout
    assert f"not on the {stack} stack: its database is in memory, and there is no server" in made.stdout
    assert "not today" in made.stdout
    begun = [each.name for each in (tmp_path / "runs").iterdir() if not each.is_symlink()]
    assert [name.rpartition("-")[2] for name in begun] == ["skips"], begun
