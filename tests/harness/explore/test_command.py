"""What somebody who types `pizza-chaos explore` is told, and what they can type next."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.checks.promises import Finding, Promises, findings
from harness.cli import app
from harness.errors import ScenarioError
from harness.explore.command import tell
from harness.explore.coverage import Coverage
from harness.explore.playing import play
from harness.explore.schedules import Blow, Radius, Schedule
from harness.explore.search import Found, Search

BLIND = """
groups:
  - name: blind
    rules: [{alert: Never, expr: vector(0) > 1}]
"""
MISSED = Schedule((Blow(3, "factory_fail", 6),), 4, answers=True)


def told(found: Found, search: Search, *, save: Path) -> list[str]:
    """Tell of a find, and give the lines."""
    found.coverage.take(())
    lines: list[str] = []
    assert tell(found, search, save=save, say=lines.append) == 1
    return lines


@pytest.mark.slow
def test_command_that_is_printed_plays_what_was_found_again_and_fails(tmp_path: Path) -> None:
    (tmp_path / "blind rules.yaml").write_text(BLIND)
    search = Search(Radius.of(("factory_fail",)), seed=7, rules=tmp_path / "blind rules.yaml")
    broken = list(findings(play(MISSED, seed=search.seed, service=search.service), Promises()))
    assert [finding.promise for finding in broken] == ["outage is noticed"]
    command = told(Found(Coverage(), MISSED, broken), search, save=tmp_path / "what was found")[-1]
    ran = subprocess.run(
        [sys.executable, "-m", "harness.cli", *shlex.split(command)[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr


def test_command_that_is_printed_has_all_that_the_search_had_and_stands_in_the_file(tmp_path: Path) -> None:
    search = Search(Radius.of(()), seed=7, mended=("order-written-first",), rules=tmp_path / "rules.yaml")
    found = Found(Coverage(), MISSED, [Finding("outage is noticed", "nobody was paged")])
    command = told(found, search, save=tmp_path)[-1].strip()
    saved = tmp_path / "test_outage_is_noticed_factory_fail.py"
    assert shlex.split(command) == [
        *("pizza-chaos", "run", str(saved), "--stack", "simulated", "--fix", "order-written-first"),
        *("--rules", str(tmp_path / "rules.yaml"), "--seed", "7"),
    ]
    assert f"\n    {command}\n" in saved.read_text()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--rules", "broken.yaml"], r"broken.yaml:1: this is not YAML"),
        (["--rules", "empty.yaml"], r"empty.yaml"),
        (["--rules", "."], r"the rule file \. cannot be read: Is a directory"),
        (["--rules", "missing.yaml"], r"the rule file missing.yaml cannot be read: No such file"),
        (["--rules", "quiet.yaml"], r"quiet.yaml holds no alert rule"),
        (["--within", "0s"], r"--within 0s leaves no time to search\. Give more than nothing, such as 30s"),
        (["--fault", "tls_expired"], r"--fault: this cannot be simulated: tls_expired \(.*takes real programs\)"),
    ],
)
def test_mistake_is_told_at_once_and_nothing_is_searched(
    given: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.explore.command.explore_on", lambda *_, **__: pytest.fail("it searched"))
    Path("broken.yaml").write_text("groups: [")
    Path("empty.yaml").write_text("")
    Path("quiet.yaml").write_text("groups: [{name: a, rules: []}]")
    ran = CliRunner().invoke(app, ["explore", *given])
    assert isinstance(ran.exception, ScenarioError)
    with pytest.raises(ScenarioError, match=said):
        raise ran.exception
    assert "\n" not in str(ran.exception)
