from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.checks import judge
from harness.durations import spoken
from harness.events import PageAcknowledged, PageSent
from harness.gameday.debrief import BUDGETS, Debrief
from harness.report.verdict import verdict_object
from tests.harness.checks.stories import is_a, night, without
from tests.harness.checks.test_stories import expectations


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path


def played(runs: Path, number: int, **times: float | None) -> Path:
    """Keep the verdict of a team that took so long."""
    directory = runs / f"2026112{number}T100000-{number}-night"
    directory.mkdir()
    history = night()
    verdict: dict[str, Any] = verdict_object(history, judge(history, expectations()), directory=str(directory))
    verdict["metrics"] |= times
    (directory / "verdict.json").write_text(json.dumps(verdict))
    return directory


def debrief(directory: Path, **others: Any) -> Debrief:
    history = others.get("history", night())
    return Debrief.of(history, judge(history, expectations()), directory=directory)


def test_first_team_is_compared_with_its_budgets_alone(runs: Path) -> None:
    laps = debrief(played(runs, 1)).laps
    assert [lap.name for lap in laps] == ["MTTD", "MTTA", "MTTR"]
    assert {lap.earlier for lap in laps} == {"you are the first team"}
    assert [lap.budget for lap in laps] == ["5 min", "10 min", "1 h"]
    assert [lap.kept for lap in laps] == [True, False, False]


def test_team_is_placed_among_earlier_ones_and_not_among_later(runs: Path) -> None:
    played(runs, 1, mttr_seconds=60.0)
    played(runs, 2, mttr_seconds=100_000.0)
    played(runs, 3, mttr_seconds=None)
    mine = played(runs, 4)
    played(runs, 5, mttr_seconds=1.0)
    (lap,) = [lap for lap in debrief(mine).laps if lap.name == "MTTR"]
    middle = spoken((60 + 100_000) / 2)
    assert lap.earlier == f"median {middle}, best 1 min, of 2 (1 more never); place 2 of 4"


def test_team_that_took_no_page_is_told_never_and_has_missed_its_budget(runs: Path) -> None:
    untaken = without(night(), is_a(PageAcknowledged))
    played(runs, 1)
    laps = {lap.name: lap for lap in debrief(played(runs, 2), history=untaken).laps}
    assert (laps["MTTA"].team, laps["MTTA"].kept) == ("never", False)
    assert "place" not in laps["MTTA"].earlier


def test_teams_that_never_got_there_are_no_times(runs: Path) -> None:
    played(runs, 1, mttd_seconds=None)
    unpaged = without(night(), is_a(PageSent))
    (lap,) = [lap for lap in debrief(played(runs, 2), history=unpaged).laps if lap.name == "MTTD"]
    assert lap.earlier == "none of 1 got there"


def test_each_remedy_is_told_with_its_effect(runs: Path) -> None:
    tried = debrief(played(runs, 1)).tried
    assert [one.helped for one in tried] == [False] * (len(tried) - 2) + [True, True]
    assert "It helped" in tried[-1].words


def test_draft_of_the_incident_report_has_its_nine_sections(runs: Path) -> None:
    incident = debrief(played(runs, 1)).incident
    assert incident.count("\n## ") + incident.count("\n# ") >= 8


def test_budgets_are_those_that_the_run_is_judged_by() -> None:
    assert [budget.check(budget.most).name for budget in BUDGETS]
    assert [budget.field for budget in BUDGETS] == ["mttd_seconds", "mtta_seconds", "mttr_seconds"]
