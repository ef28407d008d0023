"""Mistakes give one clear line and exit code 2, and start nothing or heal everything."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.runs import latest, left_alive, run, write_scenario

pytestmark = pytest.mark.slow

CALM = 'diners.arrive(1)\nscenario.at("05:01")'


def _said(finished: subprocess.CompletedProcess[str]) -> str:
    assert finished.returncode == 2, finished.stdout + finished.stderr
    assert "Traceback" not in finished.stdout + finished.stderr
    return finished.stdout + finished.stderr


def test_scenario_that_is_not_there_is_named_with_the_nearest_or_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "test_night.py").touch()
    said = _said(run("run", "scenarios/test_nihgt.py", cwd=tmp_path))
    assert said.strip() == (
        "pizza-chaos: there is no scenario at scenarios/test_nihgt.py. Did you mean scenarios/test_night.py?"
    )
    assert "Here there are: scenarios/test_night.py." in _said(run("run", "x.py", cwd=tmp_path))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--speed", "21"], "pizza-chaos: command line: speed 21 is out of range: 1 to 20."),
        (["--speed", "fast"], "pizza-chaos: command line: speed is 'fast', which is not a number."),
        (["--stack", "proceses"], "unknown stack 'proceses'. Did you mean 'processes'?"),
        (["--rules", "none.yaml"], "rules 'none.yaml' is not a file"),
        (["--fix", "order-writen-first"], "Did you mean 'order-written-first'?"),
    ],
)
def test_setting_that_is_wrong_is_named_before_anything_starts(
    tmp_path: Path, words: list[str], complaint: str
) -> None:
    said = _said(run("run", write_scenario(tmp_path, CALM), *words, cwd=tmp_path))
    assert complaint in said


def test_rule_file_that_is_wrong_is_named_with_line_and_key(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("groups:\n  - name: g\n    rules:\n      - alert: A\n        exprr: up == 0\n")
    said = _said(run("run", write_scenario(tmp_path, CALM), "--rules", "rules.yaml", cwd=tmp_path))
    assert "rules.yaml:5: group 'g', rule 1: unknown key 'exprr'. Did you mean 'expr'?" in said
    assert left_alive(latest(tmp_path)) == []


def test_port_in_use_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        said = _said(run("run", write_scenario(tmp_path, CALM), "--site-port", str(port), cwd=tmp_path))
    assert f"port {port} of this machine is in use" in said
    assert left_alive(latest(tmp_path)) == []


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('on_call.performs("recreate sevice")', "unknown remedy 'recreate sevice'. Did you mean 'recreate service'?"),
        ('scenario.play("5 minutes")', "'5 minutes' is not a duration"),
        ('scenario.at("5.24")', "'5.24' is not a time of day"),
        ('scenario.play("3m")\nscenario.at("05:01")', 'at("05:01") comes too late'),
        ("scenario.expect(still_down, when='05:01')", "still_down cannot be asked like this"),
    ],
)
def test_scenario_with_a_mistake_is_named_and_everything_is_healed(tmp_path: Path, body: str, complaint: str) -> None:
    said = _said(run("run", write_scenario(tmp_path, body), cwd=tmp_path))
    assert complaint in said
    assert left_alive(latest(tmp_path)) == []


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('scenario.play("5 minutes")', "'5 minutes' is not a duration"),
        ("with scenario.fault(BalancerMising()):\n    scenario.play('3m')", "name 'BalancerMising' is not defined"),
        ("scenario.fault(BalancerMissing())", "was made and never struck"),
    ],
)
def test_plan_of_a_scenario_with_a_mistake_names_it_and_is_not_half_read_out(
    tmp_path: Path, body: str, complaint: str
) -> None:
    said = run("plan", write_scenario(tmp_path, f"diners.arrive(4)\n{body}"), cwd=tmp_path)
    assert said.returncode == 2
    assert complaint in said.stdout
    assert "let 4 diners be there" not in said.stdout


def test_scenario_without_its_beginning_is_told_how_to_mark_it(tmp_path: Path) -> None:
    path = write_scenario(tmp_path, CALM)
    path.write_text(path.read_text().replace("@pytest.mark.chaos", "#"))
    assert 'Mark it: @pytest.mark.chaos(begins="2024-11-30 21:59 MST")' in _said(run("run", path, cwd=tmp_path))
