"""The search for the outage that nobody would notice, over the real simulation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.runs import run

pytestmark = pytest.mark.slow

ALONE = ("--at-once", "1", "--examples", "4", "--within", "2m")


def test_blind_spot_of_the_courses_rules_is_found_shrunk_and_saved_as_a_scenario_that_fails(tmp_path: Path) -> None:
    ran = run("explore", "--fault", "factory_throttle", *ALONE, "--save", tmp_path / "found", cwd=tmp_path)
    assert ran.returncode == 1, ran.stderr
    assert "minute 3: factory_throttle begins" in ran.stdout
    assert "outage is noticed" in ran.stdout
    (saved,) = (tmp_path / "found").iterdir()
    again = run("run", saved, "--stack", "simulated", "--json", cwd=tmp_path)
    verdict = json.loads(again.stdout)
    assert (again.returncode, verdict["verdict"]) == (1, "failed")


def test_fault_that_the_rules_notice_is_no_finding_and_what_was_covered_is_said(tmp_path: Path) -> None:
    ran = run("explore", "--fault", "factory_fail", *ALONE, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout
    assert "faults (1): factory_fail" in ran.stdout
    assert "PurchaseFailures firing" in ran.stdout


def test_fault_that_there_is_not_is_named_with_those_there_are(tmp_path: Path) -> None:
    ran = run("explore", "--fault", "factory_throtle", cwd=tmp_path)
    assert ran.returncode == 2
    assert "Did you mean 'factory_throttle'?" in ran.stderr
