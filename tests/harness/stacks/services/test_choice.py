import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.faults.troubles import DatabaseStopped, DiskFull
from harness.settings import Settings
from harness.stacks.containers import twin as contained_twin
from harness.stacks.containers.database import ContainedDatabase
from harness.stacks.containers.node import ContainedNode
from harness.stacks.databases.mariadb import MariaDb
from harness.stacks.services.choice import database_troubles, service_under_test
from harness.stacks.services.twin import TwinService


def test_database_of_the_bundled_service_is_a_file_with_the_troubles_of_one(tmp_path: Path) -> None:
    troubles = database_troubles(TwinService(), directory=tmp_path)
    cloud: Any = SimpleNamespace(changes={})
    troubles.cloud = cloud
    asyncio.run(troubles.begin(DiskFull()))
    assert troubles.stands(DiskFull())
    with pytest.raises(ScenarioError, match="SQLite file"):
        asyncio.run(troubles.begin(DatabaseStopped()))


def test_database_that_nobody_here_started_has_no_troubles_but_those_of_its_link(tmp_path: Path) -> None:
    service: Any = SimpleNamespace()
    with pytest.raises(ScenarioError, match="was not started by this run"):
        asyncio.run(database_troubles(service, directory=tmp_path).begin(DiskFull()))


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> ContainedDatabase:
    """Let an engine hold every image; gives the database that is found there."""
    database = ContainedDatabase("mariadb:10.11")
    monkeypatch.setattr(contained_twin, "_require_twins", lambda: None)
    monkeypatch.setattr(ContainedDatabase, "found", lambda: database)
    return database


def test_database_in_a_container_is_the_runs_own_to_hurt(found: ContainedDatabase, tmp_path: Path) -> None:
    settings = Settings(stack="containers", database="container")
    service = service_under_test(settings, directory=tmp_path, say=print)
    assert service.versions == {"database": "of the image mariadb:10.11"}
    troubles = database_troubles(service, directory=tmp_path)
    heard: list[object] = []
    server = SimpleNamespace(is_paused=True, signal=heard.append)
    cloud: Any = SimpleNamespace(children=SimpleNamespace(named={"database": server}.get))
    troubles.cloud = cloud
    asyncio.run(troubles.begin(DatabaseStopped()))
    assert troubles.stands(DatabaseStopped())
    asyncio.run(troubles.end(DatabaseStopped()))
    assert [number.name for number in heard] == ["SIGSTOP", "SIGCONT"]  # type: ignore[attr-defined]


def test_checkout_in_containers_has_its_database_in_one_too_unless_another_is_named(
    found: ContainedDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MariaDb, "found", lambda: "of this machine")
    monkeypatch.setattr(ContainedNode, "prepared", lambda path, *, database, **_: database())
    chosen = [
        service_under_test(
            Settings(stack="containers", service="fork", database=wanted), directory=tmp_path, say=lambda _: None
        )
        for wanted in ("", "container", "mariadb")
    ]
    assert chosen == [found, found, "of this machine"]
