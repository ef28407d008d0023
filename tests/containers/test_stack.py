"""Whole runs on the `containers` stack."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.events import BalancerCreated, ProcessStarted
from harness.stacks.containers.engine import RUN_LABEL, engine
from tests.end_to_end.runs import eventually, history, latest, left_alive, run, running, verdict_of, write_scenario
from tests.required import required_docker

pytestmark = pytest.mark.slow

TROUBLE = """
diners.arrive(8)
scenario.at("05:02", "whatever is in a container is hurt, one after the other", lead="2m")
with scenario.fault(TaskKilled()):
    scenario.play("30s")
with scenario.fault(TaskPaused()):
    scenario.play("75s")
on_call.verifies(until="well")
with scenario.fault(FactoryChaos("fail")):
    on_call.verifies(until="broken")
    scenario.play("1m")
on_call.verifies(until="well")
with scenario.fault(LinkDown("factory")):
    scenario.play("30s")
with scenario.fault(SlowDns()):
    diners.leave()
    diners.arrive(8)
    scenario.play("30s")
with scenario.fault(BalancerMissing()):
    on_call.verifies(until="broken")
    scenario.play("30s")
on_call.verifies(until="well")
scenario.play("2m")
scenario.expect(verifying_names, {"factory_fail": "order", "balancer_missing": "DNS"})
scenario.expect(operation_succeeds_after, "look at the menu", at="05:02", within="10m")
"""


@pytest.fixture
def docker() -> Iterator[Any]:
    required_docker()
    with engine() as client:
        yield client


def of_run(docker: Any, directory: Path) -> list[Any]:
    return list(
        docker.containers.list(all=True, ignore_removed=True, filters={"label": f"{RUN_LABEL}={directory.resolve()}"})
    )


def test_faults_hurt_containers_as_they_hurt_processes_and_heal(docker: Any, tmp_path: Path) -> None:
    finished = run("run", write_scenario(tmp_path, TROUBLE), "--stack", "containers", "--json", cwd=tmp_path)
    verdict = verdict_of(finished)
    assert (verdict["verdict"], finished.returncode) == ("passed", 0), finished.stdout + finished.stderr
    assert (verdict["stack"], verdict["speed"]) == ("containers", 10.0)
    read = history(tmp_path)
    (edge,) = (event.address for event in read.of(ProcessStarted) if event.component == "edge")
    assert {created.address.split(":")[0] for created in read.of(BalancerCreated)} == {edge.split(":")[0]}
    assert of_run(docker, latest(tmp_path)) == []
    assert left_alive(latest(tmp_path)) == []


def test_harness_that_is_killed_leaves_no_container(docker: Any, tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, 'diners.arrive(2)\nscenario.at("05:30")')
    with running("run", scenario, "--stack", "containers", cwd=tmp_path) as harness:
        assert eventually(lambda: _tasks(tmp_path) > 0, within=60)
        assert of_run(docker, latest(tmp_path))
        os.kill(harness.pid, signal.SIGKILL)
        harness.wait()
    assert eventually(lambda: of_run(docker, latest(tmp_path)) == [], within=20)


def test_run_without_an_engine_says_so_and_concludes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    finished = run("run", write_scenario(tmp_path, TROUBLE), "--stack", "containers", cwd=tmp_path)
    assert finished.returncode == 2
    assert "no Docker engine answers" in finished.stdout


def _tasks(directory: Path) -> int:
    if not (directory / "runs/latest/history.jsonl").exists():
        return 0
    return sum(event.component.startswith("task") for event in history(directory).of(ProcessStarted))
