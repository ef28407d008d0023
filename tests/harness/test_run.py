"""Where a run is kept."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.progress import Screen
from harness.report.shelf import indexed
from harness.run import Plan, Run, _made, _point, _rerun
from harness.settings import Settings
from harness.stacks.heal import MARKER


def plan(runs: Path, name: str) -> Plan:
    settings = Settings(stack="simulated", runs=str(runs))
    return Plan(
        name=name, source=Path("test_a.py"), hypothesis="", begins="2024-12-01 05:00 MST", expects_no_fault=True,
        settings=settings,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _mark_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARKER, "")


def begun(plan: Plan) -> Path:
    """Begin a run and end it at once; nothing of it has started."""
    run = Run(plan, screen=Screen(lambda _: None, is_terminal=False))
    run.close()
    return run.directory


@pytest.mark.parametrize("parameters", ["a/b", "../../x", "x" * 300, "zu spät, 9s"])
def test_run_of_any_parameters_has_a_directory_of_its_own_among_the_runs(tmp_path: Path, parameters: str) -> None:
    directory = begun(plan(tmp_path, f"scenarios/test_a.py::test_link[{parameters}]"))
    assert directory.parent == tmp_path
    assert (tmp_path / "latest").resolve() == directory
    assert (directory / "harness.pid").read_text() == str(os.getpid())
    (directory / "verdict.json").write_text("{}")
    assert indexed(tmp_path) == ()


def test_command_that_runs_it_again_leaves_out_the_files_that_its_mark_names(tmp_path: Path) -> None:
    def again(checkout: str, on_call: str) -> str:
        story = plan(tmp_path, "scenarios/test_a.py::test_a")
        settings = replace(story.settings, on_call=on_call)
        return _rerun(replace(story, settings=settings, marked=(f"{checkout}/on_call.yaml",)))

    assert again("/one", "/one/on_call.yaml") == again("/another", "/another/on_call.yaml")
    assert "on-call" not in again("/one", "/one/on_call.yaml")
    assert "--on-call /mine.yaml" in again("/one", "/mine.yaml"), "as the command line says"


def test_two_runs_of_one_name_within_a_second_have_two_directories(tmp_path: Path) -> None:
    assert [_made(tmp_path, "20261123T030000-7-a").name for _ in range(3)] == [
        "20261123T030000-7-a",
        "20261123T030000-7-a-2",
        "20261123T030000-7-a-3",
    ]


def test_latest_is_pointed_at_by_many_at_once_without_trouble(tmp_path: Path) -> None:
    runs = [_made(tmp_path, f"run-{number}") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda run: _point(tmp_path / "latest", run), runs))
    assert (tmp_path / "latest").resolve() in runs


def test_run_that_cannot_be_kept_names_what_is_in_its_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ScenarioError, match=r"the run cannot be kept: .*file"):
        begun(plan(tmp_path / "file", "test_a.py::test_a"))
    (tmp_path / "latest").mkdir()
    with pytest.raises(ScenarioError, match=r"latest: Is a directory. Give another directory with --runs"):
        begun(plan(tmp_path, "test_a.py::test_a"))
