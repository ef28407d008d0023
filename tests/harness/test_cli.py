"""The words of the command line, before anything runs."""

import errno
import io
import sys
from pathlib import Path

import pytest

from harness import cli
from harness.errors import ScenarioError

RULES = Path(__file__).parents[2] / "scenarios" / "night_in_short_rules.yaml"


@pytest.fixture
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "test_lunch.py").touch()


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("words", "given"),
    [
        ([], ["scenarios"]),
        (["-x"], ["scenarios", "-x"]),
        (["-k", "lunch"], ["scenarios", "-k", "lunch"]),
        (["scenarios", "-k", "not lunch", "-x"], ["scenarios", "-k", "not lunch", "-x"]),
        (["-x", "scenarios/test_lunch.py::test_a"], ["-x", "scenarios/test_lunch.py::test_a"]),
        (["--junitxml=j.xml", "scenarios"], ["--junitxml=j.xml", "scenarios"]),
    ],
)
def test_words_for_pytest_arrive_as_they_were_typed(words: list[str], given: list[str]) -> None:
    assert cli._with_scenarios(words) == given


@pytest.mark.usefixtures("_here")
def test_scenario_that_is_not_there_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(
        ScenarioError, match=r"no scenario at scenarios/test_lnch.py. Did you mean scenarios/test_lunch.py"
    ):
        cli._with_scenarios(["scenarios/test_lnch.py"])


def test_scenario_that_is_not_there_is_looked_for_here_too_and_only_some_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(cli.NAMED + 3):
        (tmp_path / f"test_lunch_{number:02}.py").touch()
    with pytest.raises(ScenarioError, match=r"Did you mean test_lunch_04.py\?$"):
        cli._existing(["test_lnch_04.py"])
    with pytest.raises(ScenarioError, match=r"Here there are: test_lunch_00.py, .* and 3 more\.$"):
        cli._existing(["x"])


def test_rule_file_in_place_of_a_scenario_is_told_where_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alerts.yaml").touch()
    with pytest.raises(ScenarioError, match=r"alerts.yaml is no scenario.* --rules alerts.yaml"):
        cli._existing(["alerts.yaml"])


def test_option_that_nobody_knows_is_named_with_the_one_that_was_meant() -> None:
    ours = ["--stack", "--speed"]
    said = cli._meant(["test_a.py", "--stak", "simulated", "--chaos-stack=simulated"], ours=ours)
    assert said == "neither pizza-chaos run nor pytest has an option --stak. Did you mean --stack?"
    assert cli._meant(["-x", "--junitxm=x", "--chaos-stack=simulated"], ours=ours) == ""


def test_demo_takes_options_and_no_other_scenario() -> None:
    assert cli._options_only(["-x", "--junitxml=j.xml"]) == ["-x", "--junitxml=j.xml"]
    with pytest.raises(ScenarioError, match="Leave out scenarios, or --demo"):
        cli._options_only(["-x", "scenarios"])


def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """Type a command that is wrong; give its one line."""
    monkeypatch.setattr("sys.argv", ["pizza-chaos", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert (ended.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    return said.err


class Closed(io.StringIO):
    """What is written to when the other end of a pipe has gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


@pytest.mark.parametrize(
    ("words", "code"), [(("faults",), 0), (("faults", "--json"), 0), (("rules", "check", RULES), 2)]
)
def test_output_that_nobody_reads_on_ends_quietly_and_never_as_a_finding(
    words: tuple[str | Path, ...], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["pizza-chaos", *map(str, words)])
    monkeypatch.setattr("sys.stderr", sys.stderr)  # the command puts another in its place
    monkeypatch.setattr("sys.stdout", Closed())
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, capsys.readouterr().err) == (code, "")


def test_mistake_of_the_harness_itself_is_told_whole_and_never_as_a_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise KeyError("nobody thought of this")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "KeyError: 'nobody thought of this'" in capsys.readouterr().err


def test_lever_pulled_where_no_runs_are_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "nothing was stopped" in say(monkeypatch, capsys, "stop", "--runs", tmp_path / "rnus")


def test_trend_of_no_runs_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "there is no run with a verdict in" in say(monkeypatch, capsys, "trend", "--runs", tmp_path)
    assert not (tmp_path / "trend.html").exists()


def test_place_where_nothing_can_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = tmp_path / "e.json"
    experiment.write_text(
        '{"title": "t", "description": "d", "method": [{"type": "action", "name": "a", '
        '"provider": {"type": "http", "url": "http://127.0.0.1:8474/proxies/x", "method": "POST"}}]}'
    )
    said = say(monkeypatch, capsys, "import", experiment, "--into", tmp_path / "nowhere" / "test_x.py")
    assert said.startswith("pizza-chaos: ")
