from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import HarnessError, ScenarioError
from harness.faults.troubles import DatabaseStopped
from harness.stacks.children import Launch
from harness.stacks.databases.database import Login
from harness.stacks.services.choice import database_troubles
from harness.stacks.services.service import Companion, Surroundings
from harness.stacks.services.twin_on_server import TwinOnServer
from pizza_service.command_line import read_options
from pizza_service.server import PASSWORD_VARIABLE, Server


@dataclass
class FakeDatabase:
    """A server that is only talked about."""

    login: Login = field(default_factory=lambda: Login("127.0.0.51", "pizza", "secret", "shop"))
    version: str = "10.11"
    outlives_the_run: bool = False
    address: str = "127.0.0.51:40000"
    is_closed: bool = False

    def launch(self, directory: Path) -> Launch:
        return Launch("database", ["mariadbd", str(directory)])

    def close(self) -> None:
        self.is_closed = True


def twin(database: FakeDatabase, directory: Path) -> TwinOnServer:
    return TwinOnServer.prepared(fixes=(), database=database, directory=directory / "scratch")


def test_task_is_told_of_its_database_but_never_the_password_on_its_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = Surroundings(tmp_path, "http://127.0.0.1:4000", "http://127.0.0.1:9")
    launch = twin(FakeDatabase(), tmp_path).task("task-1", version="v1", surroundings=around)
    assert launch.environment == {PASSWORD_VARIABLE: "secret"}
    monkeypatch.setenv(PASSWORD_VARIABLE, "secret")
    told = read_options(launch.argv[3:])
    assert told.database == Server("127.0.0.51", 3306, "pizza", "shop", "secret")
    assert told.with_course
    assert not any("secret" in word for word in launch.argv)


def test_server_is_started_behind_a_link_at_the_only_port_that_is_known(tmp_path: Path) -> None:
    (companion,) = twin(FakeDatabase(), tmp_path).companions()
    launch = Launch("database", ["mariadbd", str(tmp_path / "scratch")])
    assert companion == Companion("database", "127.0.0.51:40000", "127.0.0.51:3306", launch)


def test_server_at_the_known_port_itself_needs_no_link(tmp_path: Path) -> None:
    (companion,) = twin(FakeDatabase(address="127.0.0.51:3306"), tmp_path).companions()
    assert companion.sought_at == ""


def test_record_says_what_the_service_runs_on(tmp_path: Path) -> None:
    assert twin(FakeDatabase(), tmp_path).versions == {"database": "10.11"}


def test_close_removes_the_data_of_a_server_and_lets_go_of_its_address(tmp_path: Path) -> None:
    database = FakeDatabase()
    (tmp_path / "scratch").mkdir()
    service = twin(database, tmp_path)
    service.close()
    service.close()
    assert database.is_closed
    assert not (tmp_path / "scratch").exists()


def test_database_that_would_stay_and_cannot_be_dropped_is_named(tmp_path: Path) -> None:
    database = FakeDatabase(outlives_the_run=True, address="127.0.0.1:1")
    with pytest.raises(HarnessError, match=r"the database shop could not be dropped: .*127\.0\.0\.1.* Drop it\."):
        twin(database, tmp_path).close()
    assert database.is_closed


def test_server_that_was_there_before_has_no_troubles_but_those_of_its_link(tmp_path: Path) -> None:
    troubles = database_troubles(twin(FakeDatabase(), tmp_path), directory=tmp_path)
    cloud: Any = SimpleNamespace()
    troubles.cloud = cloud
    with pytest.raises(ScenarioError, match="was not started by this run"):
        troubles.begin(DatabaseStopped()).send(None)


def test_fix_that_is_unknown_leaves_nothing_of_the_server(tmp_path: Path) -> None:
    database = FakeDatabase()
    (tmp_path / "scratch").mkdir()
    with pytest.raises(ScenarioError, match="unknown flaw 'x'"):
        TwinOnServer.prepared(fixes=("x",), database=database, directory=tmp_path / "scratch")
    assert database.is_closed
    assert not (tmp_path / "scratch").exists()
