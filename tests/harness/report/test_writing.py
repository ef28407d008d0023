import json
from pathlib import Path

import pytest

from harness.checks import judge
from harness.errors import HarnessError
from harness.history import History
from harness.report.writing import write_reports
from tests.harness.checks.stories import night


def test_reports_are_written_into_the_runs_folder(tmp_path: Path) -> None:
    verdict = write_reports(night(), judge(night(), []), directory=tmp_path)
    assert json.loads((tmp_path / "verdict.json").read_text())["verdict"] == verdict["verdict"] == "unknown"
    assert (tmp_path / "incident.md").read_text().startswith("# Incident: ")
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_reports_that_cannot_be_written_say_where(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"cannot be written to .*gone: No such file"):
        write_reports(night(), judge(night(), []), directory=tmp_path / "gone")


def test_reports_of_a_history_without_a_run_say_so(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="does not say which run"):
        write_reports(History(()), judge(History(()), []), directory=tmp_path)
