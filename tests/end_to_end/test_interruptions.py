"""Whatever ends the harness, nothing of a run stays alive."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from harness.events import BalancerRemoved, FaultRemoved, RunFinished
from harness.history import History
from tests.end_to_end.runs import (
    eventually,
    history,
    latest,
    left_alive,
    ports_still_open,
    run,
    running,
    write_scenario,
)

pytestmark = pytest.mark.slow

STARTS_WITHIN_SECONDS = 60.0
"""Patience with a machine that has much else to do: the shop is up in two seconds on a quiet one."""

DARK = """
scenario.expect(steady_state, "05:00", "05:01")
diners.arrive(4)
with scenario.fault(BalancerMissing()):
    scenario.play("20m")
"""


def _is_dark(cwd: Path) -> bool:
    path = cwd / "runs" / "latest" / "history.jsonl"
    return path.exists() and bool(History.read(path).of(BalancerRemoved))


def _interrupt(cwd: Path, number: signal.Signals) -> int:
    with running("run", write_scenario(cwd, DARK), cwd=cwd) as process:
        assert eventually(lambda: _is_dark(cwd), STARTS_WITHIN_SECONDS), process.communicate()
        os.kill(process.pid, number)
        process.communicate(timeout=30)
        return process.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_interrupted_heals_leaves_its_history_and_nothing_else(tmp_path: Path, number: signal.Signals) -> None:
    assert _interrupt(tmp_path, number) == 2
    read = history(tmp_path)
    assert [removed.by for removed in read.of(FaultRemoved)] == ["heal"]
    assert read.of(RunFinished)[-1].reason == "interrupted"
    assert (latest(tmp_path) / "verdict.json").is_file()
    assert left_alive(latest(tmp_path)) == []
    assert ports_still_open(read) == []


def test_run_stopped_by_the_safety_lever_heals_and_says_who_did_it(tmp_path: Path) -> None:
    with running("run", write_scenario(tmp_path, DARK), cwd=tmp_path) as process:
        assert eventually(lambda: _is_dark(tmp_path), STARTS_WITHIN_SECONDS), process.communicate()
        told = run("stop", cwd=tmp_path)
        said, _ = process.communicate(timeout=30)
    assert told.stdout.startswith(f"told {latest(tmp_path).name} to stop")
    assert "somebody stopped this run with `pizza-chaos stop`" in said
    assert process.returncode == 2
    read = history(tmp_path)
    assert [removed.by for removed in read.of(FaultRemoved)] == ["heal"]
    assert read.of(RunFinished)[-1].reason == "aborted"
    assert left_alive(latest(tmp_path)) == []


def test_scorecard_interrupted_twice_ends_and_leaves_no_process(tmp_path: Path) -> None:
    with running("scorecard", cwd=tmp_path) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("1/")
        players = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGINT)
        os.kill(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert "stopped: nothing of it is kept" in told
    assert players
    assert eventually(lambda: not any(player.is_running() for player in players))


def test_run_killed_without_warning_leaves_no_process_and_a_history_that_can_be_judged(tmp_path: Path) -> None:
    assert _interrupt(tmp_path, signal.SIGKILL) == -signal.SIGKILL
    assert eventually(lambda: left_alive(latest(tmp_path)) == [])
    read = history(tmp_path)
    assert read.of(BalancerRemoved)
    assert len(read.damage) <= 1
    assert eventually(lambda: ports_still_open(read) == [])
    judged = run("judge", "--json", cwd=tmp_path)
    verdict = json.loads(judged.stdout)
    assert (judged.returncode, verdict["verdict"]) == (2, "unknown")
    assert [check["name"] for check in verdict["checks"]] == ["steady state from 05:00 to 05:01"]
    told = run("summary", cwd=tmp_path)
    assert (
        told.returncode,
        f"1 run was killed before. Judge it: pizza-chaos judge {Path('runs') / latest(tmp_path).name}" in told.stderr,
    ) == (2, True)
