import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pizza_service.database import Database
from pizza_service.errors import DatabaseError, DuplicateError
from pizza_service.sqlite import Limit, SqliteDatabase
from tests.pizza_service.kit import VirtualLoop

ADMIN = ("user", {"name": "admin", "email": "a@jwt.com", "password": "x"})


async def no_wait(_: float) -> None:
    raise AssertionError("nothing is locked")


async def virtual_wait(seconds: float) -> None:
    await asyncio.sleep(seconds)  # noqa: TID251 - on a loop where it takes no time


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        yield runner


@pytest.fixture
def path(tmp_path: Path, runner: asyncio.Runner) -> str:
    path = str(tmp_path / "pizza.db")
    with closing(SqliteDatabase.open(path, sleep=no_wait)) as database:
        assert runner.run(database.create(lambda: [ADMIN]))
    return path


@pytest.mark.parametrize(
    ("limit", "said"), [("full", "database or disk is full"), ("read-only", "attempt to write a readonly database")]
)
def test_limit_refuses_what_is_written_and_leaves_what_is_there(
    path: str, runner: asyncio.Runner, limit: Limit, said: str
) -> None:
    with closing(SqliteDatabase.open(path, sleep=no_wait)) as database:
        database.limit(limit)
        with pytest.raises(DatabaseError, match=said):
            for _ in range(100):  # until a page is full
                runner.run(database.insert("user", {"name": "b" * 200, "email": "b@jwt.com", "password": "x"}))
        assert runner.run(database.rows("SELECT name FROM user"))[0]["name"] == "admin"
    with closing(SqliteDatabase.open(path, sleep=no_wait)) as database:
        for _ in range(100):
            runner.run(database.insert("user", {"name": "b" * 200, "email": "b@jwt.com", "password": "x"}))


def test_create_again_leaves_tables_alone_and_makes_no_rows(path: str, runner: asyncio.Runner) -> None:
    def first_rows() -> list[tuple[str, dict[str, object]]]:
        raise AssertionError("there are tables already")

    with closing(SqliteDatabase.open(path, sleep=no_wait)) as database:
        assert not runner.run(database.create(first_rows))
        assert len(runner.run(database.rows("SELECT * FROM user"))) == 1


def test_create_that_fails_half_way_leaves_nothing(runner: asyncio.Runner) -> None:
    with closing(SqliteDatabase.open(":memory:", sleep=no_wait)) as database:
        with pytest.raises(DatabaseError, match="foreign key"):
            runner.run(database.create(lambda: [ADMIN, ("store", {"franchiseId": 9, "name": "SLC"})]))
        assert runner.run(database.create(lambda: [ADMIN]))


def test_create_by_two_at_once_fills_once(tmp_path: Path, runner: asyncio.Runner) -> None:
    path = str(tmp_path / "pizza.db")
    with (
        closing(SqliteDatabase.open(path, sleep=virtual_wait)) as one,
        closing(SqliteDatabase.open(path, sleep=virtual_wait)) as other,
    ):

        async def both() -> list[bool]:
            return list(await asyncio.gather(one.create(lambda: [ADMIN]), other.create(lambda: [ADMIN])))

        assert sorted(runner.run(both())) == [False, True]
        assert len(runner.run(other.rows("SELECT * FROM user"))) == 1


def test_insert_counts_up_and_never_gives_an_id_twice(path: str, runner: asyncio.Runner) -> None:
    with closing(SqliteDatabase.open(path, sleep=no_wait)) as database:
        assert runner.run(database.insert("franchise", {"name": "a"})) == 1
        runner.run(database.change(("DELETE FROM franchise WHERE id = ?", (1,))))
        assert runner.run(database.insert("franchise", {"name": "a"})) == 2


def test_insert_what_is_there_already_names_the_entry(path: str, runner: asyncio.Runner) -> None:
    with closing(SqliteDatabase.open(path, sleep=no_wait)) as database:
        runner.run(database.insert("franchise", {"name": "a"}))
        with pytest.raises(DuplicateError, match="Duplicate entry 'A' for key 'name'"):
            runner.run(database.insert("franchise", {"name": "A"}))


def test_change_that_fails_half_way_changes_nothing(path: str, runner: asyncio.Runner) -> None:
    with closing(SqliteDatabase.open(path, sleep=no_wait)) as database:
        with pytest.raises(DatabaseError, match="no such table: nowhere"):
            runner.run(database.change(("DELETE FROM user", ()), ("DELETE FROM nowhere", ())))
        assert len(runner.run(database.rows("SELECT * FROM user"))) == 1


def test_write_while_another_process_writes_waits_for_it_and_reads_go_on(path: str, runner: asyncio.Runner) -> None:
    with (
        closing(SqliteDatabase.open(path, sleep=virtual_wait)) as database,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        loop = runner.get_loop()

        async def write_and_read() -> float:
            writing = asyncio.create_task(database.insert("franchise", {"name": "a"}))
            await virtual_wait(5.6)
            assert len(await database.rows("SELECT * FROM user")) == 1
            assert not writing.done()
            other.execute("COMMIT")
            assert await writing == 1
            return loop.time()

        assert runner.run(write_and_read()) == pytest.approx(5.6, abs=0.05)


def test_write_to_a_file_locked_for_good_gives_up_like_mysql(path: str, runner: asyncio.Runner) -> None:
    with (
        closing(SqliteDatabase.open(path, sleep=virtual_wait)) as database,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match="Lock wait timeout exceeded; try restarting transaction"):
            runner.run(database.change(("DELETE FROM user", ())))
        assert runner.get_loop().time() == pytest.approx(50, abs=0.1)


def test_rows_two_processes_see_each_others(path: str, runner: asyncio.Runner) -> None:
    with (
        closing(SqliteDatabase.open(path, sleep=no_wait)) as one,
        closing(SqliteDatabase.open(path, sleep=no_wait)) as other,
    ):
        runner.run(one.insert("franchise", {"name": "a"}))
        assert runner.run(other.rows("SELECT name FROM franchise")) == [{"name": "a"}]


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.write_bytes(b"no database" * 100)])
def test_open_what_is_no_database_raises(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "pizza.db"
    make(path)
    with pytest.raises(DatabaseError, match=r"unable to open database file|file is not a database"):
        SqliteDatabase.open(str(path), sleep=no_wait)


def test_sqlite_database_fills_the_port() -> None:
    with closing(SqliteDatabase.open(":memory:", sleep=no_wait)) as database:
        port: Database = database
        assert port.host == "sqlite"
