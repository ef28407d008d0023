"""The night of 2024-12-01 on real processes, once, and everything that is claimed of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.events import FaultApplied, FaultRemoved, ProcessExited, ProcessStarted, RemedyPerformed, RequestFinished
from harness.history import History
from tests.end_to_end.runs import ROOT, left_alive, ports_still_open, run, verdict_of

pytestmark = pytest.mark.slow

NIGHT = ROOT / "scenarios" / "test_incident_2024_12_01.py"
HEADINGS = [
    "Summary",
    "Detection",
    "Impact",
    "Timeline",
    "Response",
    "Root cause",
    "Resolution",
    "Prevention",
    "Action items",
]


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    finished = run("run", NIGHT, "--json", cwd=tmp_path_factory.mktemp("night"))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return verdict_of(finished)


@pytest.fixture(scope="module")
def directory(verdict: dict[str, Any]) -> Path:
    return Path(verdict["directory"])


@pytest.fixture(scope="module")
def history(directory: Path) -> History:
    return History.read(directory / "history.jsonl")


def test_incident_is_judged_green_with_every_proof_and_check(verdict: dict[str, Any]) -> None:
    assert verdict["verdict"] == "passed"
    assert [proof for proof in verdict["proofs"] if not proof["held"]] == []
    assert [check for check in verdict["checks"] if check["verdict"] != "passed"] == []
    assert len(verdict["checks"]) >= 20


def test_incident_lasts_as_long_as_it_did(verdict: dict[str, Any]) -> None:
    metrics = verdict["metrics"]
    assert metrics["outage_seconds"] == pytest.approx((7 * 60 + 46) * 60, abs=60)
    assert metrics["purchase_outage_seconds"] == pytest.approx(14 * 60, abs=60)
    assert metrics["mttr_seconds"] == pytest.approx((7 * 60 + 46) * 60, abs=60)
    assert metrics["mttd_seconds"] == pytest.approx(90, abs=60)
    assert metrics["mtta_seconds"] == pytest.approx((4 * 60 + 34) * 60, abs=90)


def test_incident_verdict_says_how_to_run_it_again(verdict: dict[str, Any]) -> None:
    assert {
        "scenario",
        "verdict",
        "proofs",
        "checks",
        "metrics",
        "seed",
        "stack",
        "speed",
        "rerun",
        "directory",
    } <= set(verdict)
    assert (verdict["stack"], verdict["speed"]) == ("processes", 20.0)
    assert str(verdict["seed"]) in verdict["rerun"]


def test_incident_outside_its_faults_has_not_one_failed_request(history: History) -> None:
    steady = [request for request in history.of(RequestFinished) if _is_outside_of_faults(request, history)]
    assert len(steady) > 300
    assert [request for request in steady if request.outcome != "ok"] == []


def test_incident_really_starts_and_ends_processes_for_each_remedy(history: History) -> None:
    tasks = [event for event in history.of(ProcessStarted) if event.component.startswith("task-")]
    ended = {event.pid for event in history.of(ProcessExited)}
    assert len(tasks) >= 2 + 7
    assert {task.pid for task in tasks} <= ended
    assert len(history.of(RemedyPerformed)) == 11


def test_incident_faults_are_ended_by_the_remedies_and_not_by_the_harness(history: History) -> None:
    assert [removed.by for removed in history.of(FaultRemoved)] == ["remedy: update DNS", "remedy: follow reportUrl"]


def test_incident_report_has_the_nine_sections_and_the_page_stands_alone(directory: Path) -> None:
    report = (directory / "incident.md").read_text()
    assert [line.removeprefix("## ") for line in report.splitlines() if line.startswith("## ")] == HEADINGS
    page = (directory / "report.html").read_text()
    assert "PASSED" in page
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://127.0.0.1", "")


def test_incident_can_be_judged_again_to_the_same_verdict(verdict: dict[str, Any], directory: Path) -> None:
    again = verdict_of(run("judge", directory, "--json", cwd=directory))
    assert again["checks"] == verdict["checks"]
    assert again["metrics"] == verdict["metrics"]


def test_incident_leaves_no_process_and_no_port_behind(directory: Path, history: History) -> None:
    assert left_alive(directory) == []
    assert ports_still_open(history) == []


def _is_outside_of_faults(request: RequestFinished, history: History) -> bool:
    first, last = history.of(FaultApplied)[0], history.of(FaultRemoved)[-1]
    return request.at < first.at or request.started > last.at
