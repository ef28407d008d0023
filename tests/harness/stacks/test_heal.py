import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from harness.stacks.heal import MARKER, SCRATCH, heal_leftovers

pytestmark = pytest.mark.slow


def _leftover(run: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env={**os.environ, MARKER: str(run)}
    )


def test_heal_ends_what_a_dead_harness_left_and_says_so(tmp_path: Path) -> None:
    run = tmp_path / "a-run"
    run.mkdir()
    (run / "harness.pid").write_text("999999999")
    with _leftover(run) as process:
        said = list(heal_leftovers(tmp_path))
        assert not psutil.pid_exists(process.pid)
    assert [line.split(":")[0] for line in said] == [f"ended {process.pid}"]


def test_heal_removes_the_scratch_of_a_dead_run_and_nothing_else_of_it(tmp_path: Path) -> None:
    run = tmp_path / "a-run"
    (run / SCRATCH / "mariadb").mkdir(parents=True)
    (run / "harness.pid").write_text("999999999")
    (tmp_path / "latest").symlink_to("a-run")
    assert list(heal_leftovers(tmp_path)) == [f"removed {run / SCRATCH}"]
    assert [path.name for path in run.iterdir()] == ["harness.pid"]


def test_heal_spares_the_scratch_of_a_run_that_lives(tmp_path: Path) -> None:
    scratch = tmp_path / "a-run" / SCRATCH
    scratch.mkdir(parents=True)
    (tmp_path / "a-run" / "harness.pid").write_text(str(os.getpid()))
    assert list(heal_leftovers(tmp_path)) == ["nothing was left behind"]
    assert scratch.is_dir()


def test_heal_spares_the_children_of_a_harness_that_lives(tmp_path: Path) -> None:
    run = tmp_path / "a-run"
    run.mkdir()
    (run / "harness.pid").write_text(str(os.getpid()))
    with _leftover(run) as process:
        assert list(heal_leftovers(tmp_path)) == ["nothing was left behind"]
        assert process.poll() is None
        process.kill()


def test_heal_spares_the_runs_of_another_directory(tmp_path: Path) -> None:
    run = tmp_path / "elsewhere" / "a-run"
    run.mkdir(parents=True)
    with _leftover(run) as process:
        assert list(heal_leftovers(tmp_path)) == ["nothing was left behind"]
        process.kill()
