"""The core scenarios: on the simulated stack here; on forks, with `--service PATH`, they take a quarter of an hour."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.runs import ROOT, run

CORE = ROOT / "scenarios" / "core"
LONGEST_SCENARIO_LINES = 25


@pytest.mark.slow
def test_core_scenarios_pass_and_the_one_on_a_database_server_is_skipped_where_there_is_none(tmp_path: Path) -> None:
    ran = run("run", CORE, "--stack", "simulated", "--json", "--runs", tmp_path, cwd=ROOT)
    verdicts = json.loads(ran.stdout)
    passed = {verdict["scenario"].partition("::")[2] for verdict in verdicts if verdict["verdict"] == "passed"}
    assert passed == {path.stem for path in CORE.glob("test_*.py")} - {"test_no_database"}
    assert (ran.returncode, len(verdicts)) == (0, len(passed))
    assert "its database is in memory, and there is no server of one to hurt" in ran.stderr


@pytest.mark.parametrize("path", sorted(CORE.glob("test_*.py")), ids=lambda path: path.stem)
def test_core_scenario_fits_on_a_page_and_names_no_alert_rule(path: Path) -> None:
    scenario = path.read_text().partition("@pytest.mark.chaos")[2]
    assert len(scenario.splitlines()) <= LONGEST_SCENARIO_LINES
    assert "alert" not in scenario
