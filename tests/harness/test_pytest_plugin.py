"""Scenarios as any pytest tests: chosen, stopped, repeated and spread over processes, with all evidence at the end."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

PROJECT = '''
import pytest
from harness.checks import *

MARK = pytest.mark.chaos(begins="2024-12-01 12:00 MST", expects_no_fault=True)


@MARK
def test_calm(scenario, diners):
    """Nothing happens."""
    scenario.expect(steady_state, "12:00", "12:03")
    diners.arrive(4)
    scenario.at("12:03", "three quiet minutes", lead="3m")


@MARK
def test_wrong(scenario, diners):
    """Everything happens."""
    scenario.expect(nothing_succeeds, "12:00", "12:03")
    diners.arrive(4)
    scenario.at("12:03", "three quiet minutes", lead="3m")


@MARK
def test_empty(scenario):
    """Nobody comes."""
    scenario.expect(steady_state, "12:00", "12:03")
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("project")
    (directory / "test_scenarios.py").write_text(PROJECT)
    (directory / "pyproject.toml").write_text('[tool.pizza-chaos]\nstack = "simulated"\n')
    return directory


def pytest_run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as somebody who has never heard of `pizza-chaos run`."""
    command = [sys.executable, "-m", "pytest", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160"}
    return subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, timeout=100, env=environment
    )


def test_scenarios_end_with_a_timeline_of_each_finding_a_table_and_properties(project: Path) -> None:
    ran = pytest_run(project, "-v", "--junitxml=junit.xml")
    assert ran.returncode == 1
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert ["scenario", "verdict", "MTTD", "MTTA", "MTTR"] in lines
    assert ["calm", "passed", "none", "none", "none"] in lines
    assert "12:03:00  three quiet minutes" in ran.stdout, "-v shows the steps"
    for said in ("nothing succeeds from 12:00 to 12:03", "around “nothing succ", "report.html", "test_scenarios.py:19"):
        assert said in ran.stdout
    suite = ET.parse(project / "junit.xml").getroot()[0]
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    calm = {one.get("name"): one.get("value") for one in cases["test_calm"].iter("property")}
    assert calm["verdict"] == "passed"
    assert {"mttd_seconds", "requests", "attachment", "rerun"} <= set(calm)
    assert cases["test_wrong"].find("failure") is not None
    assert cases["test_empty"].find("error") is not None, "what is unknown is an error"
    assert (suite.get("tests"), suite.get("errors"), len(list(suite.iter("testcase")))) == ("3", "1", 3)


def test_scenarios_that_failed_last_are_run_again_alone(project: Path) -> None:
    pytest_run(project, "-k", "calm or wrong")
    ran = pytest_run(project, "--lf")
    assert "1 failed" in ran.stdout
    assert "test_calm" not in ran.stdout


def test_scenarios_stop_at_the_first_that_fails(project: Path) -> None:
    ran = pytest_run(project, "-x", "-k", "wrong or empty")
    assert "1 failed" in ran.stdout
    assert "test_empty" not in ran.stdout


def test_scenarios_in_several_processes_give_the_same_verdicts_and_table(project: Path) -> None:
    ran = pytest_run(project, "-n", "2", "--chaos-json=verdicts.json")
    assert ran.returncode == 1
    lines = [line.split() for line in ran.stdout.splitlines()]
    for name, verdict in {"calm": "passed", "wrong": "failed", "empty": "unknown"}.items():
        assert [name, verdict, "none", "none", "none"] in lines
        assert f'"verdict": "{verdict}"' in (project / "verdicts.json").read_text()


def test_scenario_in_another_process_of_unknown_verdict_is_an_error_and_ends_with_two(project: Path) -> None:
    ran = pytest_run(project, "-n", "1", "-k", "empty")
    assert ran.returncode == 2
    assert "1 error" in ran.stdout


BESIDE = '''
import pytest
from harness.faults import *


@pytest.mark.chaos(begins="2024-12-01 12:00 MST")
def test_misspelt(scenario, diners):
    """A fault that there is not."""
    with scenario.fault(BalancerMising()):
        scenario.play("1m")


@pytest.mark.chaos(begins="2024-12-01 12:00 MST", expect_no_fault=True)
def test_unheard(scenario, diners):
    """A word that nobody knows."""


@pytest.mark.chaos(begins="2024-12-01 12:00 MST", not_on="simulated")
def test_unreasoned(scenario, diners):
    """A stack without a reason."""


@pytest.mark.chaos(begins="2024-12-01 12:00 MST", rules="none.yaml")
def test_unruled(scenario, diners):
    """Rules that are not there."""
'''


def test_scenario_with_a_mistake_leaves_the_others_alone_and_names_what_is_wrong(project: Path, tmp_path: Path) -> None:
    for file in ("test_scenarios.py", "pyproject.toml"):
        (tmp_path / file).write_text((project / file).read_text())
    (tmp_path / "test_beside.py").write_text(BESIDE)
    ran = pytest_run(tmp_path, "-k", "not wrong and not empty")
    assert "INTERNALERROR" not in ran.stdout
    assert (ran.returncode, "1 failed, 1 passed, 2 deselected, 3 errors" in ran.stdout) == (2, True)
    for said in (
        "name 'BalancerMising' is not defined",
        "test_unheard: @pytest.mark.chaos: unknown word 'expect_no_fault'. Did you mean 'expects_no_fault'?",
        "test_unreasoned: @pytest.mark.chaos: not_on is 'simulated'. Give each stack with the reason",
        "test_unruled: @pytest.mark.chaos: rules '",
    ):
        assert said in ran.stdout


CHECKED_OUT = '''
import pytest
from harness.checks import steady_state


@pytest.mark.chaos(begins="2024-12-01 12:00 MST", expects_no_fault=True, on_call="on_call.yaml")
def test_verified(scenario, diners, on_call):
    """Somebody looks, before any telemetry has come, and later."""
    scenario.expect(steady_state, "12:00", "12:02", requests_at_least=5)
    diners.arrive(2)
    on_call.verifies(until="broken")
    scenario.play("2m")
    on_call.verifies(until="well")
'''


def test_one_seed_from_two_checkouts_gives_the_same_history_to_the_byte(tmp_path: Path) -> None:
    told: list[str] = []
    for name in ("here", "elsewhere"):
        checkout = tmp_path / name
        checkout.mkdir()
        shutil.copy(ROOT / "scenarios/prevention/second_person_on_call.yaml", checkout / "on_call.yaml")
        (checkout / "test_verified.py").write_text(CHECKED_OUT)
        ran = pytest_run(checkout, "--chaos-stack=simulated")
        assert "1 passed" in ran.stdout, ran.stdout
        told.append((checkout / "runs/latest/history.jsonl").read_text())
    assert "looked for it at history.jsonl" in told[0]
    assert told[0] == told[1]


MISTAKEN = '''
import pytest
from harness.checks import *
from harness.faults import *

BEGINS = pytest.mark.chaos(begins="2024-12-01 12:00 MST")


@BEGINS
def test_misspelt(scenario, diners):
    """A rule that there is not, asked about at the end."""
    diners.arrive(4)
    scenario.play("3h")
    scenario.expect(alert_fires, "Heartbeet", "12:01", "5m")


@BEGINS
def test_spared(scenario, diners):
    """A fault that is made, and never struck, as only the end shows."""
    diners.arrive(4)
    fault = scenario.fault(BalancerMissing())
    scenario.play("2m")
'''


def test_mistakes_of_an_author_are_called_that_and_told_before_anything_is_played(
    project: Path, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text((project / "pyproject.toml").read_text())
    (tmp_path / "test_mistaken.py").write_text(MISTAKEN)
    ran = pytest_run(tmp_path)
    assert (ran.returncode, "2 errors" in ran.stdout) == (2, True)
    said = "a mistake in the scenario: test_mistaken.py:"
    assert f"{said}14: alert_fires: unknown alert rule 'Heartbeet'. Did you mean 'Heartbeat'?" in ran.stdout
    assert f"{said}21: the fault balancer_missing was made and never struck. Write `with" in ran.stdout
    assert "the harness is in trouble" not in ran.stdout
    (misspelt,) = (tmp_path / "runs").glob("*-misspelt/history.jsonl")
    assert "diners_changed" not in misspelt.read_text()


def test_mistakes_of_an_author_are_told_by_a_plan_too(project: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text((project / "pyproject.toml").read_text())
    (tmp_path / "test_mistaken.py").write_text(MISTAKEN)
    ran = pytest_run(tmp_path, "--chaos-plan")
    assert (ran.returncode, "2 errors" in ran.stdout) == (2, True)
    assert "test_mistaken.py:14: alert_fires: unknown alert rule 'Heartbeet'" in ran.stdout
    assert "test_mistaken.py:21: the fault balancer_missing was made and never struck" in ran.stdout
    assert "Blast radius" not in ran.stdout, "half a plan would be taken for the whole"


@pytest.mark.parametrize(
    ("where", "why"), [("processes", "in use at every address"), ("nowhere", "unknown stack 'nowhere'")]
)
def test_scenarios_that_cannot_begin_have_a_verdict_each_that_says_why(tmp_path: Path, where: str, why: str) -> None:
    (tmp_path / "test_scenarios.py").write_text(PROJECT)
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        words = (f"--chaos-stack={where}", f"--chaos-site-port={port}", "--chaos-json=verdicts.json")
        ran = pytest_run(tmp_path, "-k", "calm or wrong", *words)
    verdicts = json.loads((tmp_path / "verdicts.json").read_text())
    assert ran.returncode == 2
    assert [said["scenario"].rpartition("::")[2] for said in verdicts] == ["test_calm", "test_wrong"]
    assert [(said["verdict"], why in said["why"]) for said in verdicts] == [("unknown", True)] * 2
    assert ["calm", "unknown", "none", "none", "none"] in [line.split() for line in ran.stdout.splitlines()]
    kept = [said for said in verdicts if "directory" in said]
    assert len(kept) == (2 if where == "processes" else 0), "what could not even be tried leaves no run"
    assert all((Path(said["directory"]) / "plan.json").is_file() for said in kept)


IMPATIENT = '''
import os, signal
import pytest
from harness.checks import *

MARK = pytest.mark.chaos(begins="2024-12-01 12:00 MST", expects_no_fault=True)


def press_ctrl_c_while_it_stops(stack):
    stop = stack.stop
    stack.stop = lambda: (os.kill(os.getpid(), signal.SIGINT), stop())


@MARK
def test_twice(scenario, diners):
    """Ctrl-C, and again while everything is healed."""
    scenario.expect(steady_state, "12:00", "12:03")
    diners.arrive(4)
    scenario.play("1m")
    if type(scenario.stack).__name__ != "PlannedStack":  # by which it is only read through
        press_ctrl_c_while_it_stops(scenario.stack)
        os.kill(os.getpid(), signal.SIGINT)
    scenario.play("2m")


@MARK
def test_once(scenario, diners):
    """Ctrl-C while everything is healed."""
    scenario.expect(steady_state, "12:00", "12:03")
    diners.arrive(4)
    scenario.play("4m")
    press_ctrl_c_while_it_stops(scenario.stack)


@MARK
def test_never(scenario, diners):
    """Nobody gets here."""
'''


@pytest.mark.parametrize(("name", "verdict"), [("twice", "unknown"), ("once", "passed")])
def test_ctrl_c_while_a_run_is_healed_waits_until_it_is_kept_and_ends_all_the_same(
    project: Path, tmp_path: Path, name: str, verdict: str
) -> None:
    (tmp_path / "pyproject.toml").write_text((project / "pyproject.toml").read_text())
    (tmp_path / "test_impatient.py").write_text(IMPATIENT)
    ran = pytest_run(tmp_path, "-k", f"{name} or never", "--chaos-json=verdicts.json")
    assert ran.returncode == 2
    (said,) = json.loads((tmp_path / "verdicts.json").read_text())
    assert (said["verdict"], len(said["checks"])) == (verdict, 1)
    assert {"plan.json", "verdict.json", "report.html"} <= {file.name for file in Path(said["directory"]).iterdir()}


@pytest.mark.parametrize("words", [(), ("-n", "1")])
def test_settings_that_are_wrong_are_one_clear_line_and_end_with_two(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "test_scenarios.py").write_text(PROJECT)
    (tmp_path / "pyproject.toml").write_text('[tool.pizza-chaos]\nstak = "simulated"\n')
    ran = pytest_run(tmp_path, "-k", "calm", *words)
    assert ran.returncode == 2
    assert "unknown setting 'stak'. Did you mean 'stack'?" in ran.stdout
    assert "INTERNALERROR" not in ran.stdout
