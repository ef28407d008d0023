import json
import re
from pathlib import Path
from typing import Any

from harness.checks import judge, still_down
from harness.events import PageSent, RunFinished
from harness.history import History
from harness.report.verdict import junit_properties, not_begun, summary, table, verdict_object, write_verdict
from tests.harness.checks.stories import is_a, night, plus, request, t, until, without
from tests.harness.checks.test_stories import expectations


def verdict_of(history: History) -> dict[str, Any]:
    return verdict_object(history, judge(history, expectations()), directory="runs/1")


def test_verdict_object_has_what_the_command_promises() -> None:
    verdict = verdict_of(night())
    assert list(verdict) == (
        ["scenario", "verdict", "why", "proofs", "checks", "metrics", "seed", "stack", "speed", "rerun", "directory"]
    )
    assert verdict["verdict"] == "passed"
    assert {"name", "verdict", "detail", "evidence"} == set(verdict["checks"][0])
    assert {"name", "held", "detail"} == set(verdict["proofs"][0])
    assert verdict["metrics"]["mttd_seconds"] > 0
    assert (verdict["seed"], verdict["stack"], verdict["speed"]) == (7, "processes", 20.0)


def test_verdict_goes_to_a_file_and_back(tmp_path: Path) -> None:
    verdict = verdict_of(night())
    write_verdict(verdict, tmp_path / "verdict.json")
    again = json.loads((tmp_path / "verdict.json").read_text())
    assert json.dumps(again) == json.dumps(verdict)
    assert summary(again) == summary(verdict)


def test_summary_of_a_green_run_says_so_and_where_to_look() -> None:
    lines = summary(verdict_of(night())).splitlines()
    assert lines[0] == "PASSED test_incident_2024_12_01: 25 checks as expected, and each proof holds"
    assert lines[1].startswith("  MTTD 2 min 40 s, MTTA 4 h 33 min, MTTR 7 h 46 min, outage 7 h 46 min")
    assert lines[2:] == [
        "  factory_fail: paged after 5 h 11 min, taken after 10 s, over after 5 h 24 min",
        "  report: runs/1/report.html and incident.md",
        "  again:  pizza-chaos run scenarios/test_incident_2024_12_01.py --seed 7",
    ]


def test_summary_of_a_finding_says_why_in_its_first_line() -> None:
    lines = summary(verdict_of(plus(night(), request("13:05:01")))).splitlines()
    assert lines[0].startswith("FAILED test_incident_2024_12_01: ")
    assert "nothing succeeds from 05:24 to 13:10" in lines[0]
    assert any(line.startswith("  ✗ still down at 13:05:30: ") for line in lines)


def test_summary_of_an_unknown_run_names_the_missing_proof() -> None:
    lines = summary(verdict_of(without(night(), is_a(RunFinished)))).splitlines()
    assert lines[0].startswith("UNKNOWN test_incident_2024_12_01: not shown that the run is whole")
    assert any(line.startswith("  ? not shown that the run is whole") for line in lines)


def test_summary_of_a_run_that_was_stopped_early_names_proofs_first_and_few_checks() -> None:
    cut = until(night(), "22:05")
    lines = summary(verdict_of(cut)).splitlines()
    doubts = [line for line in lines if line.startswith("  ? ")]
    assert doubts[0].startswith("  ? not shown that ")
    assert not doubts[-2].startswith("  ? not shown that ")
    assert re.fullmatch(r"  \? and \d+ more checks, which the report lists", doubts[-1])
    assert len(doubts) < 12


def test_summary_lists_a_fault_that_nobody_was_paged_about() -> None:
    missed = without(night(), is_a(PageSent, page="PurchaseFailures"))
    verdict = verdict_object(missed, judge(missed, [still_down(t("13:05:30"))]), directory="runs/1")
    assert "nobody was paged about factory_fail-2" in summary(verdict)
    assert "\n  factory_fail: never paged, never taken, over after 5 h 24 min\n" in summary(verdict)


def test_summary_of_a_scenario_that_could_not_begin_says_why_and_points_at_no_files() -> None:
    verdict = not_begun("test_a.py::test_a", "unknown stack 'nowhere'.")
    assert summary(verdict) == "UNKNOWN test_a.py::test_a: unknown stack 'nowhere'."
    assert len(table([verdict, verdict])) == 4


def test_junit_properties_are_words_and_numbers_and_name_the_files() -> None:
    history = night()
    properties = junit_properties(verdict_object(history, judge(history, []), directory="runs/one"))
    assert all(isinstance(value, str | int | float) for _, value in properties)
    assert ("verdict", "unknown") in properties, "nothing was expected of it"
    assert ("mttd_seconds", 160.0) in properties
    assert ("attachment", "runs/one/report.html") in properties
    assert junit_properties({}) == [("verdict", "unknown"), ("missed", "none")]
