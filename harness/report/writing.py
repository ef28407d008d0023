"""Write all that people and machines read of a run into its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.checks import Judgement
from harness.errors import HarnessError
from harness.history import History
from harness.report.incident import incident_report
from harness.report.page import report_page
from harness.report.verdict import verdict_object, write_verdict


def write_reports(history: History, judgement: Judgement, *, directory: Path) -> dict[str, Any]:
    """Write `verdict.json`, `incident.md` and `report.html`.

    Args:
        history: what happened.
        judgement: what is concluded from it.
        directory: the run's folder; it must exist.

    Returns: the verdict object.

    Raises:
        HarnessError: when a file cannot be written, or the history does not say which run it is of.
    """
    verdict = verdict_object(history, judgement, directory=str(directory))
    try:
        write_verdict(verdict, directory / "verdict.json")
        (directory / "incident.md").write_text(incident_report(history, judgement), encoding="utf-8")
        (directory / "report.html").write_text(report_page(history, judgement), encoding="utf-8")
    except OSError as error:
        message = (
            f"the reports cannot be written to {directory}: {error.strerror}. The history is safe; judge it again."
        )
        raise HarnessError(message) from error
    return verdict
