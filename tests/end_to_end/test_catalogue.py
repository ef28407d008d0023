"""The catalogue's scenarios: all that the simulated stack can carry out pass there; it skips the others, and says why.

On real processes they take two minutes and a half: `make nightly` runs them there.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.end_to_end.runs import ROOT, run

CATALOGUE = ROOT / "scenarios" / "catalogue"
LONGEST_SCENARIO_LINES = 25
NOT_SIMULATED = {"test_database", "test_tls"}


@pytest.mark.slow
def test_scenarios_of_the_catalogue_pass_on_the_simulated_stack(tmp_path: Path) -> None:
    ran = run("run", CATALOGUE, "--stack", "simulated", "--json", "--runs", tmp_path, cwd=ROOT)
    verdicts = json.loads(ran.stdout)
    passed = {verdict["scenario"].partition("::")[2] for verdict in verdicts if verdict["verdict"] == "passed"}
    assert passed == {path.stem for path in CATALOGUE.glob("test_*.py")} - NOT_SIMULATED
    assert (ran.returncode, len(verdicts)) == (0, len(passed))
    assert len(re.findall(r"not on the simulated stack: its \w+", ran.stderr)) == len(NOT_SIMULATED)


@pytest.mark.parametrize("path", sorted(CATALOGUE.glob("test_*.py")), ids=lambda path: path.stem)
def test_scenario_of_the_catalogue_fits_on_a_page(path: Path) -> None:
    scenario = path.read_text().partition("@pytest.mark.chaos")[2]
    assert len(scenario.splitlines()) <= LONGEST_SCENARIO_LINES
