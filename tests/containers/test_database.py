"""A database in a container: hurt in each way as one of this machine's is, under a service that lives through it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.events import Event, FaultHit, FaultRemoved, Jumped, ProcessStarted
from harness.stacks.containers.children import ContainerChildren
from harness.stacks.containers.database import IMAGE_VARIABLE, IMAGES, ContainedDatabase
from harness.stacks.containers.engine import engine
from tests.containers.test_container import of_run
from tests.end_to_end.runs import ROOT, history, latest, left_alive, run, verdict_of, write_scenario
from tests.harness.stacks.databases.test_server_troubles import (  # the same is tried on the server below
    Place,
    test_disk_of_a_server_is_not_filled,
    test_server_that_is_locked_can_be_read_and_lets_whoever_writes_wait,
    test_server_that_stands_still_answers_nobody_and_then_goes_on,
    test_service_is_told_what_the_fault_says_and_afterwards_all_is_as_it_was,
    test_session_of_the_service_is_killed_in_the_middle_of_what_it_does,
)
from tests.harness.stacks.services.node.standin import everything_in
from tests.required import required_docker

__all__ = (
    "test_disk_of_a_server_is_not_filled",
    "test_server_that_is_locked_can_be_read_and_lets_whoever_writes_wait",
    "test_server_that_stands_still_answers_nobody_and_then_goes_on",
    "test_service_is_told_what_the_fault_says_and_afterwards_all_is_as_it_was",
    "test_session_of_the_service_is_killed_in_the_middle_of_what_it_does",
)

pytestmark = pytest.mark.slow

FROM_DEBIAN = IMAGES[1]

HURT = """
diners.arrive(16)
scenario.expect(operation_succeeds_after, "look at the menu", at="05:01:15", within="1m")
scenario.at("05:00:45", "the database knows another password", lead="45s")
with scenario.fault(DatabaseDenied()):
    scenario.at("05:01:15", "it knows the right one again", lead="30s")
scenario.play("90s")
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    required_docker(FROM_DEBIAN)
    server, directory = ContainedDatabase(FROM_DEBIAN), tmp_path_factory.mktemp("server")
    recorded: list[Event] = []
    children = ContainerChildren(directory, logs=directory / "logs", environment={}, record=recorded.append)
    there = Place(server, administrator=server, children=children, directory=directory)
    yield there
    there.close()
    with engine() as client:
        assert of_run(client, directory) == []
    # Nobody who reads what a run leaves behind learns a password.
    left = f"{everything_in(directory)} {recorded}"
    assert [word for word in (server.login.password, *server.environment.values()) if word in left] == []


def test_scenario_of_no_database_passes_on_a_service_with_one_in_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived_through(ROOT / "scenarios/core/test_no_database.py", tmp_path, monkeypatch)


def test_service_lives_through_a_database_that_lets_it_in_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived_through(write_scenario(tmp_path, HURT), tmp_path, monkeypatch)


def lived_through(scenario: Path, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a scenario with the database in a container: it passes, its one fault has hit, and nothing is left."""
    required_docker(FROM_DEBIAN)
    monkeypatch.setenv(IMAGE_VARIABLE, FROM_DEBIAN)
    options = ("--stack", "containers", "--database", "container", "--json")
    finished = run("run", scenario, *options, cwd=directory)
    verdict = verdict_of(finished)
    assert (verdict["verdict"], finished.returncode) == ("passed", 0), finished.stdout + finished.stderr
    read, kept = history(directory), latest(directory)
    assert read.of(Jumped)[0].at.second == 0, "containers came up before the scenario's time, which then came"
    assert {"edge", "factory", "database", "task-1"} <= {started.component for started in read.of(ProcessStarted)}
    (healed,) = read.of(FaultRemoved)
    assert {hit.fault for hit in read.of(FaultHit)} == {healed.fault}
    with engine() as client:
        assert (of_run(client, kept), left_alive(kept)) == ([], [])
