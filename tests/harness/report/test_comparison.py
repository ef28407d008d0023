from pathlib import Path

from harness.report.comparison import comparison, of_one_scenario
from tests.harness.report.shelves import kept

GOOD = {"name": "it comes back", "verdict": "passed", "detail": "in 3 s"}
BAD = {"name": "it comes back", "verdict": "failed", "detail": "it did not"}


def test_comparison_says_what_changed_and_by_how_much(tmp_path: Path) -> None:
    before = kept(tmp_path, "20T030000", checks=[GOOD, {**GOOD, "name": "it goes"}])
    after = kept(tmp_path, "21T030000", verdict="failed", checks=[BAD], mttd_seconds=90.0, mttr_seconds=None)
    lines = list(comparison(before, after))
    assert lines[0] == "20261120T030000-100-a -> 20261121T030000-100-a"
    assert "verdict: passed -> failed" in lines
    assert "MTTD: 1 min -> 1 min 30 s (+30 s)" in lines
    assert "MTTR: 10 min -> none" in lines
    assert "check: it comes back: passed -> failed: it did not" in lines
    assert lines[-1] == "no longer checked: it goes"


def test_comparison_of_different_scenarios_says_so(tmp_path: Path) -> None:
    lines = list(comparison(kept(tmp_path, "20T030000"), kept(tmp_path, "21T030000", scenario="other")))
    assert lines[1].startswith("these are different scenarios")


def test_comparison_knows_a_scenario_wherever_its_file_was(tmp_path: Path) -> None:
    here = kept(tmp_path, "20T030000", scenario="scenarios/test_a.py::test_a")
    there = kept(tmp_path, "21T030000", scenario="/opt/scenarios/test_a.py::test_a")
    other = kept(tmp_path, "22T030000", scenario="scenarios/test_a.py::test_b")
    assert of_one_scenario(here, there)
    assert not of_one_scenario(here, other)
