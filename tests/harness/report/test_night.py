from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.report.night import as_text, night_summary
from tests.harness.report.shelves import kept

FAILED = {"name": "it comes | back", "verdict": "failed", "detail": "it <did> not"}


def test_summary_of_a_run_is_a_table_and_an_issue_for_what_failed(tmp_path: Path) -> None:
    run = kept(tmp_path, "20T030000", verdict="failed", why="1 of 1 check not as expected", checks=[FAILED])
    text = night_summary(run)
    assert text.startswith("## Scenarios: 1 failed\n")
    assert "| **failed** | test_a | processes | 1 min | none | 10 min | none | 1 of 1 check not as expected |" in text
    assert "### failed: test_a" in text
    assert "- failed: it comes \\| back: it &lt;did> not" in text
    assert "```\npizza-chaos run x\n```" in text


def test_summary_of_many_runs_is_of_the_newest_of_each_scenario(tmp_path: Path) -> None:
    for number in range(10, 14):
        kept(tmp_path, f"{number}T030000", verdict="failed")
    kept(tmp_path, "20T030000", mttd_seconds=300.0)
    kept(tmp_path, "12T040000", scenario="other", verdict="unknown")
    text = night_summary(tmp_path)
    assert text.startswith("## Scenarios: 1 passed, 1 unknown\n")
    assert as_text(tmp_path).count("report: ") == 2


def test_summary_names_what_is_worse_than_usual(tmp_path: Path) -> None:
    for number in range(10, 14):
        kept(tmp_path, f"{number}T030000")
    kept(tmp_path, "20T030000", mttd_seconds=300.0)
    assert "### Worse than usual\n\n- scenarios/test_a.py::test_a on processes: MTTD 5 min, usually 1 min" in (
        night_summary(tmp_path)
    )


def test_summary_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="Run a scenario first"):
        night_summary(tmp_path)
