"""A scorecard for a terminal and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
from rich.console import Console

from harness.scorecard.mutants import judge
from harness.scorecard.trials import Trial
from harness.scorecard.words import (
    as_table,
    findings,
    footnotes,
    mutation_json,
    mutation_words,
    scorecard_json,
    unknowns,
)
from tests.harness.scorecard.made import FAILING, LOUD, QUIET, SLOW, a_play, broken_off, card, rules


def test_table_has_a_row_a_rule_with_its_figures(tmp_path: Path) -> None:
    console = Console(width=120, record=True, file=(tmp_path / "out").open("w"))
    with console.file:
        console.print(as_table(card(tmp_path, FAILING, SLOW, LOUD), title="Scorecard"))
    rows = [line.split() for line in console.export_text().splitlines()]
    assert ["Errors", "50%", "50%", "30", "s", "1", "min", "1"] in rows
    assert ["Slow", "100%", "50%", "1", "min", "at", "once"] in rows


def test_findings_say_what_is_left_open(tmp_path: Path) -> None:
    said = list(findings(card(tmp_path, a_play("factory_fail", {}), LOUD)))
    assert said == ["nothing notices factory_fail", "more diners must stay quiet, and rings Errors", "never rang: Slow"]


def test_findings_name_metrics_that_nobody_pushed(tmp_path: Path) -> None:
    text = """
groups:
  - name: shop
    rules:
      - {record: 'errors:twice', expr: 2 * errors}
      - {alert: Typo, expr: 'errorz > 0.5 or delay > errors or errors:twice > 9'}
      - {alert: Fine, expr: 'errors:twice > 1 unless ALERTS'}
"""
    said = list(findings(card(tmp_path, FAILING, text=text)))
    assert said[-1] == "Typo reads delay, errorz, which nothing pushed"
    assert not any("Fine reads" in each for each in said)


def test_good_rules_leave_nothing_to_say(tmp_path: Path) -> None:
    assert list(findings(card(tmp_path, FAILING, SLOW, QUIET))) == []


def test_footnotes_name_what_was_not_felt_hit_or_played(tmp_path: Path) -> None:
    unfelt = a_play("task_killed", {}, wrong=0)
    unproven = msgspec.structs.replace(a_play("stale_dns", {}, wrong=0), missed=("stale_dns",))
    skipped = msgspec.structs.replace(SLOW, trial=Trial("cpu_burn", ("cpu_burn",)), skipped="cannot")
    pairs = [
        msgspec.structs.replace(skipped, trial=Trial(name, ("stale_dns", "task_killed")), skipped="nothing to hurt")
        for name in ("one + other", "one + third")
    ]
    assert list(footnotes(card(tmp_path, unfelt, unproven, skipped, *pairs))) == [
        "begun, and hit nothing that could be seen: stale_dns",
        "felt by nobody, so that no rule need notice: task_killed",
        "the simulated stack cannot do: cpu_burn",
        "the second cannot come on top of the first: one + other, one + third: nothing to hurt",
    ]


def test_trial_that_was_broken_off_is_named_with_the_reason_and_judged_by_nobody(tmp_path: Path) -> None:
    found = card(tmp_path, FAILING, broken_off("stale_dns"))
    assert list(unknowns(found.broken_off)) == [
        "broken off, so nothing is known of it: stale_dns: the tasks do not come back."
    ]
    assert scorecard_json(found)["broken_off"] == {"stale_dns": "the tasks do not come back."}
    assert found.undetected == ()
    assert found.skipped == ()


def test_json_has_seconds_and_can_be_written(tmp_path: Path) -> None:
    shown = json.loads(json.dumps(scorecard_json(card(tmp_path, FAILING, SLOW, QUIET, LOUD))))
    assert shown["rules"][0]["detection_seconds"] == 30.0
    assert shown["rules"][1]["missed"] == ["factory_fail"]
    assert shown["not_quiet"] == {"more diners": ["Errors"]}
    assert shown["trials"][0] == {
        "trial": "factory_fail",
        "must_stay_quiet": False,
        "felt_by": "diners",
        "requests": 100,
        "wrong": 50,
        "detected_by": {"Errors": 30.0},
    }


def test_mutants_that_nothing_notices_are_said_first(tmp_path: Path) -> None:
    verdicts = list(judge(rules(tmp_path), [FAILING, SLOW, QUIET]))
    lines = list(mutation_words(verdicts))
    assert lines[0] == "5 mutants: 4 noticed, 1 not"
    assert lines[1] == "nothing notices Errors with its limit at 5"
    assert mutation_json(verdicts)[0] == {"rule": "Errors", "what": "with its limit at 5", "notices": []}
