"""A real MariaDB is hurt in each way, and what its service would be told is what the fault says."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Coroutine, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.faults import DatabaseDenied, DatabaseReadOnly, DatabaseSchemaMissing, DatabaseStorm
from harness.faults.database_fault import DatabaseFault
from harness.faults.troubles import DatabaseStopped, DiskFull, SessionsKilled, WritesBlocked
from harness.stacks.children import Children
from harness.stacks.databases.administrator import Administrator
from harness.stacks.databases.database import Database
from harness.stacks.databases.mariadb import MariaDb
from harness.stacks.databases.server_troubles import ServerTroubles, Superuser
from tests.end_to_end.runs import eventually
from tests.required import required_program

pytestmark = pytest.mark.slow

WRITES = "INSERT INTO menu (title) VALUES ('Margarita')"
READS = "SELECT title FROM menu ORDER BY id"
VEGGIE = "Veggie\n"


class Place:
    """A server with one table, who hurts it, and the service's way to it."""

    def __init__(self, server: Database, *, administrator: Superuser, children: Children, directory: Path) -> None:
        self._server = server
        self.children = children
        launch = server.launch(directory)
        assert launch is not None
        children.start(launch).wait_until_ready()
        self.troubles = ServerTroubles(server, administrator=administrator)
        self._client = required_program("mariadb")
        self.done(administrator.say("CREATE DATABASE pizza"))
        rows = "CREATE TABLE menu (id INT PRIMARY KEY AUTO_INCREMENT, title TEXT); INSERT INTO menu (title) VALUES "
        self.done(administrator.say(f"USE pizza; {rows} ('Veggie')"))

    def done(self, work: Coroutine[Any, Any, object]) -> object:
        return asyncio.run(work)

    def begin(self, trouble: Any) -> None:
        self.done(self.troubles.begin(trouble, cloud=SimpleNamespace(children=self.children)))  # type: ignore[arg-type]

    def end(self, trouble: Any) -> None:
        self.done(self.troubles.end(trouble, cloud=SimpleNamespace(children=self.children)))  # type: ignore[arg-type]

    def stands(self, trouble: Any) -> bool:
        return self.troubles.stands(trouble, cloud=SimpleNamespace(children=self.children))  # type: ignore[arg-type]

    def asked(self, sql: str, *, patience: float = 5.0) -> str:
        """Give what the service would be told, or that it waits in vain."""
        login, (host, port) = self._server.login, self._server.address.split(":")
        where = [f"--host={host}", f"--port={port}", f"--user={login.user}", "--protocol=tcp", login.database]
        argv = [self._client, "--no-defaults", "--batch", "--skip-column-names", *where]
        environment = {**os.environ, "MYSQL_PWD": login.password}
        try:
            finished = subprocess.run(
                argv, input=sql, env=environment, capture_output=True, text=True, timeout=patience, check=False
            )
        except subprocess.TimeoutExpired:
            return "waits"
        return finished.stdout + finished.stderr

    def close(self) -> None:
        self.children.end()
        self._server.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    for name in ("mariadbd", "mariadb"):
        required_program(name)
    server, directory = MariaDb.found(), tmp_path_factory.mktemp("server")
    children = Children(logs=directory / "logs", environment={}, record=lambda _: None)
    administrator = Administrator(server.data_in(directory))
    there = Place(server, administrator=administrator, children=children, directory=directory)
    yield there
    there.close()


@pytest.mark.parametrize(
    ("fault", "sql"),
    [
        (DatabaseReadOnly(), WRITES),
        (DatabaseStorm(), READS),
        (DatabaseDenied(), READS),
        (DatabaseSchemaMissing(), READS),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_service_is_told_what_the_fault_says_and_afterwards_all_is_as_it_was(
    place: Place, fault: DatabaseFault, sql: str
) -> None:
    (trouble,) = fault.troubles
    before = place.asked(READS)
    assert before.startswith(VEGGIE)
    place.begin(trouble)
    try:
        assert place.stands(trouble)
        assert any(words in place.asked(sql) for words in fault.says), place.asked(sql)
    finally:
        place.end(trouble)
        place.end(trouble)
    assert not place.stands(trouble)
    assert eventually(lambda: place.asked(READS) == before)
    assert place.asked(WRITES) == ""


def test_server_that_is_locked_can_be_read_and_lets_whoever_writes_wait(place: Place) -> None:
    place.begin(WritesBlocked())
    try:
        assert place.asked(READS).startswith(VEGGIE)
        assert place.asked(WRITES, patience=0.3) == "waits"
    finally:
        place.end(WritesBlocked())
    assert place.asked(WRITES) == ""


def test_server_that_stands_still_answers_nobody_and_then_goes_on(place: Place) -> None:
    place.begin(DatabaseStopped())
    try:
        assert eventually(lambda: place.stands(DatabaseStopped()))
        assert place.asked(READS, patience=0.3) == "waits"
    finally:
        place.end(DatabaseStopped())
    assert place.asked(READS).startswith(VEGGIE)


def test_session_of_the_service_is_killed_in_the_middle_of_what_it_does(place: Place) -> None:
    place.begin(SessionsKilled())
    try:
        said = place.asked("SELECT SLEEP(5)")
        assert "Lost connection" in said or "was killed" in said, said
    finally:
        place.end(SessionsKilled())
    assert not place.stands(SessionsKilled())
    assert place.asked("SELECT SLEEP(0.2)") == "0\n"


def test_disk_of_a_server_is_not_filled(place: Place) -> None:
    with pytest.raises(ScenarioError, match="is also everybody else's"):
        place.begin(DiskFull())
    place.end(DiskFull())
    assert not place.stands(DiskFull())
