"""The service on a real MariaDB: every test of what it answers, once more, and what only a server can do to it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any

import pymysql
import pytest

from harness.stacks.children import Children
from harness.stacks.databases.administrator import Administrator
from harness.stacks.databases.database import Login
from harness.stacks.databases.mariadb import MariaDb
from harness.stacks.services.twin_on_server import TwinOnServer
from pizza_service.database import Database, FirstRows
from pizza_service.errors import DatabaseError, DuplicateError
from pizza_service.mysql import MysqlDatabase
from pizza_service.schema import TABLES
from pizza_service.server import Server
from pizza_service.settings import Flaw, Settings
from tests.harness.stacks.services.test_twin_on_server import FakeDatabase
from tests.pizza_service import test_auth, test_franchises, test_orders, test_store, test_users
from tests.pizza_service.conftest import OpenSite
from tests.pizza_service.kit import SETTINGS, Site
from tests.required import required_program

pytestmark = pytest.mark.slow

ADMIN = ("user", {"name": "常用名字", "email": "a@jwt.com", "password": "x"})
QUICK = ("--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--skip-innodb-doublewrite")
"""Data that nobody will miss need not reach the disk."""

SLEEPERS = "SELECT 1 FROM information_schema.processlist WHERE user = 'pizza' AND info LIKE 'SELECT SLEEP%'"

for shared in (test_auth, test_users, test_orders, test_franchises, test_store):
    globals().update({name: test for name, test in vars(shared).items() if isinstance(test, FunctionType)})


class Place:
    """A server, its administrator, and the address that the service is told."""

    def __init__(self, directory: Path) -> None:
        self._found = MariaDb.found()
        self.children = Children(logs=directory / "logs", environment={}, record=lambda _: None)
        launch = self._found.launch(directory)
        self.children.start(replace(launch, argv=[*launch.argv, *QUICK])).wait_until_ready()
        self.administrator = Administrator(self._found.data_in(directory))
        login, (host, _, port) = self._found.login, self._found.address.rpartition(":")
        self.server = Server(host, int(port), login.user, "pizza", login.password)
        self._course: dict[str, tuple[int, Any]] = {}

    def say(self, sql: str) -> list[str]:
        return asyncio.run(self.administrator.say(sql))

    def drop(self) -> None:
        """Leave no database."""
        self._course = {}
        with self._connected() as connection:
            connection.query("DROP DATABASE IF EXISTS pizza")

    def restore(self) -> None:
        """Put back the course's data, if it was there before; a tenth of the time that making it anew would take."""
        if not self._course:
            self.drop()
            return
        with self._connected("pizza") as connection, connection.cursor() as cursor:
            for table in reversed(tuple(TABLES)):
                cursor.execute(f"DELETE FROM {table}")
            for table, (_, rows) in self._course.items():
                for row in rows:
                    cursor.execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})", row)
            connection.commit()
            for table, counter in self._counters(cursor).items():
                if counter != self._course[table][0]:  # changing it takes longer than all the rest
                    cursor.execute(f"ALTER TABLE {table} AUTO_INCREMENT = {self._course[table][0]}")

    def remember(self) -> None:
        """Keep the course's data, of a service that was just made."""
        if self._course:
            return
        with self._connected("pizza") as connection, connection.cursor() as cursor:
            for table, counter in self._counters(cursor).items():
                cursor.execute(f"SELECT * FROM {table}")
                self._course[table] = counter, cursor.fetchall()

    def _counters(self, cursor: Any) -> dict[str, int]:
        # What everybody else asks of this, information_schema.tables, takes a hundred times as long.
        cursor.execute("SELECT name, autoinc FROM information_schema.innodb_sys_tablestats WHERE name LIKE 'pizza/%'")
        known = dict(cursor.fetchall())
        return {table: known[f"pizza/{table}"] for table in TABLES}

    def _connected(self, database: str | None = None) -> Any:
        server = self.server
        login = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}
        return closing(pymysql.connect(**login, database=database, ssl_disabled=True))

    def close(self) -> None:
        self.children.end()
        self._found.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    for name in ("mariadbd", "mariadb"):
        required_program(name)
    with closing(Place(tmp_path_factory.mktemp("server"))) as there:
        yield there


@pytest.fixture
def database(place: Place) -> MysqlDatabase:
    place.drop()
    return MysqlDatabase(place.server)


@pytest.fixture
def open_site(place: Place) -> Iterator[OpenSite]:
    place.restore()
    with ExitStack() as sites:

        def open_one(settings: Settings = SETTINGS, *, fix: Flaw | None = None) -> Site:
            site = sites.enter_context(closing(Site(settings, fix=fix, server=MysqlDatabase(place.server))))
            place.remember()
            return site

        yield open_one


async def ready(database: Database, *more: tuple[str, dict[str, object]]) -> bool:
    return await database.create(lambda: [ADMIN, *more])


async def users(database: Database) -> list[str]:
    return [row["name"] for row in await database.rows("SELECT name FROM user")]


def test_create_again_leaves_tables_alone_and_makes_no_rows(database: MysqlDatabase, place: Place) -> None:
    def first_rows() -> FirstRows:
        raise AssertionError("there are rows already")

    async def twice() -> list[str]:
        assert await ready(database)
        later = MysqlDatabase(place.server)
        assert not await later.create(first_rows)
        return await users(later)

    assert asyncio.run(twice()) == ["常用名字"]


def test_create_that_fails_half_way_leaves_no_row(database: MysqlDatabase) -> None:
    async def again() -> list[str]:
        with pytest.raises(DatabaseError, match="a foreign key constraint fails"):
            await ready(database, ("store", {"franchiseId": 9, "name": "SLC"}))
        assert await ready(database)
        return await users(database)

    assert asyncio.run(again()) == ["常用名字"]


def test_create_by_two_at_once_fills_once(database: MysqlDatabase, place: Place) -> None:
    async def both() -> tuple[list[bool], list[str]]:
        made = await asyncio.gather(ready(database), ready(MysqlDatabase(place.server)))
        return sorted(made), await users(database)

    assert asyncio.run(both()) == ([False, True], ["常用名字"])


def test_step_before_the_tables_are_made_waits_for_them(database: MysqlDatabase) -> None:
    async def early() -> list[str]:
        asking = asyncio.create_task(users(database))
        await ready(database)
        return await asking

    assert asyncio.run(early()) == ["常用名字"]


def test_insert_what_is_there_already_names_the_entry(database: MysqlDatabase) -> None:
    async def twice() -> None:
        await ready(database)
        assert await database.insert("franchise", {"name": "a"}) == 1
        await database.insert("franchise", {"name": "A"})

    with pytest.raises(DuplicateError, match="Duplicate entry 'A' for key 'name'"):
        asyncio.run(twice())


def test_change_that_fails_half_way_changes_nothing(database: MysqlDatabase) -> None:
    async def half() -> list[str]:
        await ready(database)
        with pytest.raises(DatabaseError, match=r"Table 'pizza\.nowhere' doesn't exist"):
            await database.change(("DELETE FROM user", ()), ("DELETE FROM nowhere", ()))
        return await users(database)

    assert asyncio.run(half()) == ["常用名字"]


@pytest.mark.parametrize("price", [float("inf"), float("-inf"), 100])
def test_insert_of_a_number_that_no_price_can_be_is_out_of_range(database: MysqlDatabase, price: float) -> None:
    async def add() -> None:
        await ready(database)
        await database.insert("menu", {"title": "x", "description": "x", "image": "x", "price": price})

    with pytest.raises(DatabaseError, match="Out of range value for column 'price' at row 1"):
        asyncio.run(add())


def test_rows_looked_up_by_what_is_no_number_are_none(database: MysqlDatabase) -> None:
    async def look() -> list[Any]:
        await ready(database)
        return await database.rows("SELECT id FROM user WHERE id = ?", float("nan"))

    assert asyncio.run(look()) == []


def test_wrong_password_is_told_in_the_servers_words_and_hits_only_those_who_connect(
    database: MysqlDatabase, place: Place
) -> None:
    async def knock() -> None:
        await ready(database)
        stranger = MysqlDatabase(replace(place.server, password="wrong"))
        with pytest.raises(DatabaseError, match="Access denied for user 'pizza'@"):
            await ready(stranger)
        await users(stranger)

    with pytest.raises(DatabaseError, match=r"Access denied for user 'pizza'@.*using password: YES"):
        asyncio.run(knock())


def test_database_that_was_dropped_is_unknown_until_a_new_service_makes_it(
    database: MysqlDatabase, place: Place
) -> None:
    async def drop() -> list[str]:
        await ready(database)
        await database.change(("DROP DATABASE pizza", ()))
        with pytest.raises(DatabaseError, match="Unknown database 'pizza'"):
            await users(database)
        assert await ready(MysqlDatabase(place.server))
        return await users(database)

    assert asyncio.run(drop()) == ["常用名字"]


def test_server_without_a_connection_to_spare_says_so(database: MysqlDatabase, place: Place) -> None:
    async def storm() -> None:
        await ready(database)
        held = [await asyncio.open_connection(place.server.host, place.server.port) for _ in range(12)]
        try:
            await users(database)
        finally:
            for _, writer in held:
                writer.close()

    place.say("SET GLOBAL max_connections = 10")
    try:
        with pytest.raises(DatabaseError, match="Too many connections"):
            asyncio.run(storm())
    finally:
        place.say("SET GLOBAL max_connections = 151")


def test_statement_whose_connection_is_killed_fails_with_what_is_known_of_it(
    database: MysqlDatabase, place: Place
) -> None:
    async def killed() -> None:
        await ready(database)
        asking = asyncio.create_task(database.rows("SELECT SLEEP(20)"))
        while not await place.administrator.say(SLEEPERS):
            pass
        await place.administrator.say("KILL USER 'pizza'")
        await asking

    with pytest.raises(DatabaseError, match=r"Connection lost|was killed|interrupted|ECONNRESET"):
        asyncio.run(killed())


def test_run_that_used_a_server_which_stays_drops_what_it_made_there(
    database: MysqlDatabase, place: Place, tmp_path: Path
) -> None:
    asyncio.run(ready(database))
    login = Login(place.server.host, place.server.user, place.server.password, "pizza")
    there = FakeDatabase(login, outlives_the_run=True, address=f"{place.server.host}:{place.server.port}")
    TwinOnServer.prepared(fixes=(), database=there, directory=tmp_path / "scratch").close()
    assert place.say("SHOW DATABASES LIKE 'pizza'") == []


@contextmanager
def _listening(answer: Callable[[socket.socket], None]) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: answer(listener))
        thread.start()
        yield Server("127.0.0.1", listener.getsockname()[1], "pizza", "pizza")
        thread.join()


def test_server_that_nobody_is_at_is_refused_in_nodes_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        server = Server("127.0.0.1", gone.getsockname()[1], "pizza", "pizza")
    with pytest.raises(DatabaseError) as caught:
        asyncio.run(ready(MysqlDatabase(server)))
    assert str(caught.value) == f"connect ECONNREFUSED 127.0.0.1:{server.port}"


def test_server_that_no_name_leads_to_is_not_found() -> None:
    with pytest.raises(DatabaseError, match=r"getaddrinfo ENOTFOUND database\.invalid"):
        asyncio.run(ready(MysqlDatabase(Server("database.invalid", 3306, "pizza", "pizza"))))


def test_server_that_never_greets_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = Server("127.0.0.1", silent.getsockname()[1], "pizza", "pizza")
        with pytest.raises(DatabaseError, match=r"^connect ETIMEDOUT$"):
            asyncio.run(ready(MysqlDatabase(server, connect_within_seconds=0.05)))


def test_server_that_hangs_up_is_a_lost_connection() -> None:
    with (
        _listening(lambda listener: listener.accept()[0].close()) as server,
        pytest.raises(DatabaseError, match=r"Connection lost: The server closed the connection\.|ECONNRESET"),
    ):
        asyncio.run(ready(MysqlDatabase(server)))
