"""Scenarios that show known flaws: a finding as expected is no failure, and an unnoticed flaw is no pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.runs import ROOT, run

pytestmark = pytest.mark.slow

FLAWS = ROOT / "scenarios" / "flaws"
BEGINS = '@pytest.mark.chaos(begins="2024-12-01 12:00 MST", shows="order-written-first")'


def test_flaws_of_the_bundled_service_are_found_as_expected_and_nobody_is_alarmed(tmp_path: Path) -> None:
    ran = run("run", FLAWS, "--stack", "simulated", "--json", "--runs", tmp_path, cwd=ROOT)
    verdicts = json.loads(ran.stdout)
    assert {verdict["verdict"] for verdict in verdicts} == {"failed"}
    assert all(verdict["known_flaw"] for verdict in verdicts)
    assert ran.returncode == 0


def test_flaws_that_are_mended_are_found_no_more(tmp_path: Path) -> None:
    ran = run("run", FLAWS, "--stack", "simulated", "--fix", "all", "--json", "--runs", tmp_path, cwd=ROOT)
    assert {verdict["verdict"] for verdict in json.loads(ran.stdout)} == {"passed"}
    assert ran.returncode == 0


def test_flaw_that_its_own_scenario_does_not_notice_is_never_green(tmp_path: Path) -> None:
    scenario = (FLAWS / "test_phantom_order.py").read_text()
    blind = "\n".join(line for line in scenario.splitlines() if "expect(no_" not in line)
    (tmp_path / "test_blind.py").write_text(blind)
    assert BEGINS in blind
    ran = run("run", tmp_path / "test_blind.py", "--stack", "simulated", cwd=tmp_path)
    assert ran.returncode == 2
    assert "has the flaw order-written-first, and this scenario, which should show it, passed" in ran.stdout
