"""`make nightly` for real, on processes: what a night in CI leaves for those who come in the morning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.end_to_end.runs import ROOT, environment

pytestmark = pytest.mark.slow

LINK = "scenarios/catalogue/test_link.py"
MENDED = "scenarios/flaws/test_phantom_order.py"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night of two scenarios, and the directory that it leaves."""
    runs = tmp_path_factory.mktemp("night") / "runs"
    made = nightly(runs, SCENARIOS=LINK, FLAWS=MENDED)
    assert made.returncode == 0, made.stdout + made.stderr
    return runs


def nightly(runs: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the target with this interpreter's environment in place of one that `make` would set up."""
    given = {"BIN": Path(sys.executable).parent, "RUNS": runs, **variables}
    return subprocess.run(
        ["make", "--old-file=.venv/.ready", "nightly", *(f"{name}={value}" for name, value in given.items())],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
        env=environment(),
    )


def test_night_says_in_its_summary_that_each_scenario_passed(night: Path) -> None:
    rows = [line for line in (night / "summary.md").read_text().splitlines() if line.startswith("|")]
    assert sum("test_link" in row and "passed" in row for row in rows) == 1
    assert sum("test_phantom_order" in row and "passed" in row for row in rows) == 1


def test_night_leaves_a_trend_and_the_report_of_each_run(night: Path) -> None:
    assert (night / "trend.html").stat().st_size > 1000
    reports = list(night.glob("*/report.html"))
    assert len({report.resolve() for report in reports}) == 2


def test_night_leaves_junit_with_the_verdict_as_a_property(night: Path) -> None:
    for file in ("junit.xml", "junit-flaws.xml"):
        properties = ET.parse(night / file).iter("property")
        assert ("verdict", "passed") in {(one.get("name"), one.get("value")) for one in properties}


def test_night_in_which_nothing_was_shown_fails_the_job_and_still_sums_up(tmp_path: Path) -> None:
    empty = tmp_path / "test_idle.py"
    empty.write_text(
        'import pytest\n\n\n@pytest.mark.chaos(begins="2024-12-01 12:00 MST")\ndef test_idle(scenario):\n'
        '    """Nothing is broken."""\n    scenario.play("30s")\n'
    )
    made = nightly(tmp_path / "runs", SCENARIOS=str(empty), FLAWS=MENDED, STACK="simulated")
    assert made.returncode == 2
    assert "unknown" in (tmp_path / "runs" / "summary.md").read_text()
