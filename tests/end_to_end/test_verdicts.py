"""Small runs on real processes, one for each way a run can end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.events import FaultRemoved, HarnessTroubled, RunFinished
from tests.end_to_end.runs import (
    environment,
    history,
    latest,
    left_alive,
    ports_still_open,
    run,
    verdict_of,
    write_scenario,
)

pytestmark = pytest.mark.slow

OUTAGE = """
diners.arrive(8)
scenario.at("05:03", "the balancer goes", lead="3m")
with scenario.fault(BalancerMissing()):
    scenario.play("1m")
scenario.play("2m")
scenario.expect(nothing_succeeds, "05:03", "05:04", settle="5s")
"""


def test_run_with_a_fault_that_bites_and_heals_passes_with_all_proofs(tmp_path: Path) -> None:
    finished = run("run", write_scenario(tmp_path, OUTAGE), "--json", cwd=tmp_path)
    verdict = verdict_of(finished)
    assert (verdict["verdict"], finished.returncode) == ("passed", 0), finished.stdout + finished.stderr
    assert all(proof["held"] for proof in verdict["proofs"])
    assert verdict["metrics"]["outage_seconds"] > 0
    assert Path(verdict["directory"], "incident.md").is_file()
    assert left_alive(latest(tmp_path)) == []
    assert ports_still_open(history(tmp_path)) == []


def test_run_whose_fault_is_a_noop_is_unknown_and_exits_with_2(tmp_path: Path) -> None:
    finished = run("run", write_scenario(tmp_path, OUTAGE.replace("BalancerMissing", "Noop")), "--json", cwd=tmp_path)
    verdict = verdict_of(finished)
    assert (verdict["verdict"], finished.returncode) == ("failed", 1)
    silent = OUTAGE.replace("BalancerMissing", "Noop").replace("scenario.expect", "#")
    finished = run("run", write_scenario(tmp_path, silent), "--json", cwd=tmp_path)
    verdict = verdict_of(finished)
    assert (verdict["verdict"], finished.returncode) == ("unknown", 2)
    assert [proof["name"] for proof in verdict["proofs"] if not proof["held"]]


def test_run_whose_steps_crash_is_healed_and_unknown(tmp_path: Path) -> None:
    crash = """
diners.arrive(4)
scenario.at("05:10")  # far enough for a busy machine to have started everything, and crossed by a jump
with scenario.fault(BalancerMissing()):
    raise RuntimeError("the author slipped")
"""
    finished = run("run", write_scenario(tmp_path, crash), "--json", cwd=tmp_path)
    assert (verdict_of(finished)["verdict"], finished.returncode) == ("unknown", 2)
    read = history(tmp_path)
    assert [removed.by for removed in read.of(FaultRemoved)] == ["heal"]
    assert "the author slipped" in read.of(HarnessTroubled)[0].error
    assert read.of(RunFinished)[0].reason == "crashed"
    assert left_alive(latest(tmp_path)) == []


def test_run_by_plain_pytest_reports_unknown_as_an_error_and_not_as_a_pass(tmp_path: Path) -> None:
    quiet = 'diners.arrive(4)\nscenario.at("05:01")'
    write_scenario(tmp_path, quiet)
    words = [sys.executable, "-m", "pytest", "test_written.py", "--junitxml=junit.xml", "--chaos-speed=10"]
    finished = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment())
    assert finished.returncode == 2
    assert "1 error" in finished.stdout
    assert "passed" not in finished.stdout.splitlines()[-1]
    junit = (tmp_path / "junit.xml").read_text()
    assert 'errors="1" failures="0"' in junit
    assert 'name="verdict" value="unknown"' in junit
