"""What the commands do, over plays that were kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import ScenarioError
from harness.scorecard.command import Wanted, played
from harness.scorecard.plays import write_plays
from tests.harness.scorecard.made import FAILING, LOUD, QUIET, SLOW, TWO_RULES, broken_off

runner = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(TWO_RULES)
    (tmp_path / "quicker.yaml").write_text(TWO_RULES.replace("1m", "15s"))
    write_plays([FAILING, SLOW, QUIET], tmp_path / "plays.msgpack")
    write_plays([FAILING, SLOW, LOUD], tmp_path / "loud.msgpack")
    write_plays([FAILING, SLOW, broken_off("a pair", "factory_fail", "stale_dns")], tmp_path / "part.msgpack")
    return tmp_path


def scorecard(folder: Path, *options: str, plays: str = "plays.msgpack", rules: str = "rules.yaml") -> tuple[int, str]:
    words = [
        "scorecard",
        "--rules",
        str(folder / rules),
        "--plays",
        str(folder / plays),
        "--keep",
        str(folder / "kept"),
    ]
    ran = runner.invoke(app, [*words, *options])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.stdout


def test_good_rules_exit_zero_and_keep_a_heat_map(folder: Path) -> None:
    code, said = scorecard(folder)
    assert code == 0
    assert "Errors" in said
    assert (folder / "kept" / "scorecard.html").is_file()


def test_rules_that_ring_in_vain_exit_one_and_say_where(folder: Path) -> None:
    code, said = scorecard(folder, plays="loud.msgpack")
    assert code == 1
    assert "more diners must stay quiet, and rings Errors" in said


def test_json_is_all_that_is_on_standard_output(folder: Path) -> None:
    _, said = scorecard(folder, "--json", "--against", str(folder / "quicker.yaml"))
    shown = json.loads(said)
    assert shown["against"] == [{"trial": "factory_throttle", "before_seconds": 60.0, "after_seconds": 15.0}]


def test_other_rules_are_compared_line_by_line(folder: Path) -> None:
    _, said = scorecard(folder, "--against", str(folder / "quicker.yaml"))
    assert "factory_throttle: 45 s sooner, after 15 s" in said


def test_mutants_that_nothing_notices_exit_one(folder: Path) -> None:
    words = ["rules", "mutate", str(folder / "rules.yaml"), "--plays", str(folder / "plays.msgpack")]
    ran = runner.invoke(app, words)
    assert ran.exit_code == 1
    assert "nothing notices Errors with its limit at 5" in ran.stdout
    assert json.loads(runner.invoke(app, [*words, "--json"]).stdout)[0]["notices"] == []


def test_trial_that_was_broken_off_leaves_the_answer_unknown_and_the_rest_is_shown(folder: Path) -> None:
    code, said = scorecard(folder, plays="part.msgpack")
    assert code == 2
    assert "broken off, so nothing is known of it: a pair: the tasks do not come back." in said
    assert "Errors" in said
    assert "a pair: the tasks do not come back." in (folder / "kept" / "scorecard.html").read_text()


def test_mutants_are_unknown_too_where_a_trial_was_broken_off(folder: Path) -> None:
    words = ["rules", "mutate", str(folder / "rules.yaml"), "--plays", str(folder / "part.msgpack")]
    ran = runner.invoke(app, words)
    assert ran.exit_code == 2
    assert "broken off, so nothing is known of it: a pair" in ran.stdout


def test_faults_choose_among_plays_that_were_kept(folder: Path) -> None:
    _, said = scorecard(folder, "--json", "--faults", "factory_fail")
    assert [trial["trial"] for trial in json.loads(said)["trials"]] == ["factory_fail", "noop"]


def test_fault_that_is_not_among_the_plays_is_refused_with_what_is(folder: Path) -> None:
    with pytest.raises(ScenarioError, match=r"--faults: unknown fault of these plays 'stale_dns'. Known: factory_fail"):
        played(Wanted(("stale_dns",), plays=folder / "plays.msgpack"), said=list[object]().append)


@pytest.mark.parametrize(
    ("given", "named"),
    [({"pairs": True}, "--pairs"), ({"seed": 20241201}, "--seed"), ({"pairs": True, "seed": 1}, "--pairs and --seed")],
)
def test_option_that_plays_which_were_kept_cannot_heed_is_refused(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ScenarioError, match=f"--plays plays nothing, so {named} would be in vain"):
        Wanted(plays=Path("plays.msgpack"), **given)


def test_pairs_say_in_a_line_which_faults_are_left_out_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.scorecard.command.play_all", lambda *_, **__: ())
    lines: list[str] = []
    for pairs in (True, False):
        played(Wanted(("database_full", "factory_fail"), pairs=pairs), said=lines.append)
    assert lines == [
        "left out of the pairs, for they cannot be simulated: database_full (database/disk full takes real programs)"
    ]


def test_file_without_an_alert_rule_is_an_error_before_anything_is_played(folder: Path) -> None:
    (folder / "none.yaml").write_text("groups: [{name: a, rules: []}]")
    ran = runner.invoke(app, ["scorecard", "--rules", str(folder / "none.yaml")])
    assert isinstance(ran.exception, ScenarioError)
    assert "holds no alert rule" in str(ran.exception)


def test_slo_rules_are_written_to_standard_output() -> None:
    ran = runner.invoke(app, ["rules", "slo", "--objective", "99.5%"])
    assert ran.exit_code == 0
    assert "(14.4 * 0.005)" in ran.stdout


def test_ctrl_c_says_that_nothing_is_kept_and_how_to_play_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.scorecard.command.play_all", stop)
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        played(Wanted(("noop",)), said=lines.append)
    assert lines == ["stopped: nothing of it is kept. With --faults it plays fewer."]
