"""What the commands do, over plays that were kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import ScenarioError
from harness.scorecard.command import Wanted, played
from harness.scorecard.plays import write_plays
from tests.harness.scorecard.made import FAILING, LOUD, QUIET, SLOW, TWO_RULES

runner = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(TWO_RULES)
    (tmp_path / "quicker.yaml").write_text(TWO_RULES.replace("1m", "15s"))
    write_plays([FAILING, SLOW, QUIET], tmp_path / "plays.msgpack")
    write_plays([FAILING, SLOW, LOUD], tmp_path / "loud.msgpack")
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
