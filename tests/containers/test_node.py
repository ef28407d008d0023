"""A checkout of one's own on the `containers` stack: the stand-in, on the Node and the MariaDB of images."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.events import MetricsReceived, ProcessStarted
from harness.stacks.containers import node as module
from harness.stacks.containers.database import IMAGE_VARIABLE
from harness.stacks.containers.launch import ContainerLaunch, asked_port
from harness.stacks.containers.node import NODE_IMAGE, ContainedNode
from harness.stacks.services.node import service as service_module
from harness.stacks.services.node.modules import Node
from harness.stacks.services.node.service import CONFINE
from harness.stacks.services.service import Companion, Surroundings
from tests.containers.test_database import FROM_DEBIAN
from tests.containers.test_stack import docker, of_run  # noqa: F401 - a fixture
from tests.end_to_end.runs import history, latest, left_alive, run, verdict_of, write_scenario
from tests.harness.stacks.services.node.standin import SECRET, everything_in, write_standin
from tests.harness.stacks.services.node.test_service import NoDatabase
from tests.required import required_docker, required_program

CALM = """
diners.arrive(16)
scenario.play("12s")
scenario.expect(operations_work, ["register", "look at the menu"], "05:00", "05:05")
"""


@pytest.mark.slow
def test_checkout_runs_in_containers_as_it_is_and_its_metrics_arrive(
    docker: Any,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    required_docker(NODE_IMAGE, FROM_DEBIAN)
    for name in ("node", "npm"):
        required_program(name)
    monkeypatch.setenv(IMAGE_VARIABLE, FROM_DEBIAN)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fork = write_standin(tmp_path / "fork")
    before = everything_in(fork)
    scenario = write_scenario(tmp_path, CALM)
    scenario.write_text(scenario.read_text().replace('MST")', 'MST", expects_no_fault=True)'))
    finished = run("run", scenario, "--service", fork, "--stack", "containers", "--json", cwd=tmp_path)
    verdict = verdict_of(finished)
    assert (verdict["verdict"], finished.returncode) == ("passed", 0), finished.stdout + finished.stderr
    read = history(tmp_path)
    assert {"database", "factory", "task-1"} <= {started.component for started in read.of(ProcessStarted)}
    assert read.of(MetricsReceived)
    assert everything_in(fork) == before
    assert not any(SECRET.encode() in text for text in everything_in(latest(tmp_path)).values())
    assert (of_run(docker, latest(tmp_path)), left_alive(latest(tmp_path))) == ([], [])


class Engine:
    """An engine that holds every image, or none."""

    def __init__(self, *missing: str) -> None:
        self.missing = missing

    def __enter__(self) -> Any:
        return SimpleNamespace()

    def __exit__(self, *_: object) -> None:
        pass


def prepared(tmp_path: Path) -> ContainedNode:
    fork = write_standin(tmp_path / "fork")
    no_database: Any = None
    return ContainedNode.prepared(fork, database=no_database, directory=tmp_path / "scratch", say=lambda _: None)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ContainedNode:
    """Give one as it is prepared on a machine that has everything, without looking for any of it."""
    monkeypatch.setattr(module, "engine", Engine)
    monkeypatch.setattr(module, "require_images", lambda *_, **__: None)
    monkeypatch.setattr(module, "gateway", lambda _client: "127.0.0.7")
    monkeypatch.setattr(Node, "found", lambda: Node("v20.0.0"))
    monkeypatch.setattr(service_module, "installed", lambda *_, **__: tmp_path / "cache" / "node_modules")
    fork = write_standin(tmp_path / "fork")
    return ContainedNode.prepared(fork, database=NoDatabase, directory=tmp_path / "scratch", say=lambda _: None)


def test_task_is_a_container_that_finds_all_it_needs_at_the_edge(tmp_path: Path, checkout: ContainedNode) -> None:
    assert checkout.companions() == (Companion("database", "127.0.0.1:9", ":3306"),)
    around = Surroundings(tmp_path, "http://172.17.0.3:1", "http://172.17.0.3:2")
    launch = checkout.task("task-1", version="1", surroundings=around)
    assert isinstance(launch, ContainerLaunch)
    assert (launch.image, str(asked_port(launch))) == (NODE_IMAGE, launch.environment["PORT"])
    assert 'cd src && node index.js "$2" 1>&2' in launch.argv[2]
    assert launch.folders == ((tmp_path / "scratch").resolve(), (tmp_path / "cache").resolve(), CONFINE.parent)
    told = {name: launch.environment[name] for name in ("PIZZA_CHAOS_EDGE", "PIZZA_CHAOS_LISTEN", "DB_HOST")}
    assert told == {"PIZZA_CHAOS_EDGE": "172.17.0.3", "PIZZA_CHAOS_LISTEN": "0.0.0.0", "DB_HOST": "172.17.0.3"}
    assert '"host": "172.17.0.3"' in (tmp_path / "scratch/service/src/config.js").read_text()
    assert isinstance(checkout.factory(), ContainerLaunch)
    checkout.close()
    assert not (tmp_path / "scratch").exists()


def test_machine_without_an_engine_is_told_so_before_anything_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(HarnessError, match="no Docker engine answers"):
        prepared(tmp_path)
    assert not (tmp_path / "scratch").exists()
