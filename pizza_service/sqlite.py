"""The service's tables in one SQLite file, which several processes may share, or in memory.

Statements run in the caller's thread: each takes microseconds, and a simulated run stays repeatable.
A write that finds the file locked waits without holding up anything else, as one at a locked MySQL does.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import repeat
from typing import Literal, Self, TypeAlias, TypeVar

from pizza_service.database import FirstRows, Row, Statement
from pizza_service.errors import DatabaseError, DuplicateError
from pizza_service.schema import INDEXED, TABLES, UNIQUE, bindable, foreign_key_error

T = TypeVar("T")
Limit: TypeAlias = Literal["full", "read-only"]

_OPENING_LIMIT_SECONDS = 5.0
_LOCK_LIMIT_SECONDS = 50.0
"""MySQL's innodb_lock_wait_timeout."""
_LOCK_RETRY_SECONDS = 0.02


class SqliteDatabase:
    """A database in a file, or in memory."""

    host = "sqlite"

    def __init__(self, connection: sqlite3.Connection, *, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._connection = connection
        self._sleep = sleep
        self._names: dict[str, tuple[str, ...]] = {}  # of a statement's columns: the same each time

    @classmethod
    def open(cls, path: str, *, sleep: Callable[[float], Awaitable[None]]) -> Self:
        """Open a file, making it when it is not there; ``:memory:`` forgets everything at the end.

        Args:
            path: The file.
            sleep: Waits for so many seconds while another process holds the file locked.

        Raises:
            DatabaseError: The file cannot be opened, or is no database.

        Cleanup:
            ``close``; a killed process leaves a file that the next one repairs by itself.
        """
        with _own_errors():
            connection = sqlite3.connect(path, timeout=_OPENING_LIMIT_SECONDS, isolation_level=None)
            # WAL lets others read while one writes; NORMAL does not sync at each commit and survives a killed process.
            try:
                for setting in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "busy_timeout = 0"):
                    connection.execute(f"PRAGMA {setting}")
                if path == ":memory:":  # nobody else can see it, so that no statement need take a lock
                    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            except sqlite3.Error:
                connection.close()
                raise
        return cls(connection, sleep=sleep)

    def limit(self, limit: Limit) -> None:
        """Let nothing more be written: nothing that needs room, as on a full disk, or nothing at all."""
        # SQLite does not let the count be less than what is there.
        self._connection.execute("PRAGMA max_page_count = 1" if limit == "full" else "PRAGMA query_only = ON")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    async def rows(self, sql: str, *values: object) -> list[Row]:
        """Read rows; each ``?`` takes a value."""
        bound = [bindable(value) for value in values]
        try:
            return self._rows(sql, bound)
        except sqlite3.Error:
            return await self._patiently(lambda: self._rows(sql, bound))

    async def insert(self, table: str, values: Mapping[str, object]) -> int:
        """Write a row and return its id."""
        row = _accepted(table, values)
        try:
            return self._insert(table, row)
        except sqlite3.Error:
            return await self._patiently(lambda: self._insert(table, row))

    async def update(self, table: str, values: Mapping[str, object], *, row_id: float) -> None:
        """Change a row; no row of that id is no error."""
        row = _accepted(table, values)
        assignments = ", ".join(f"{name} = ?" for name in row)
        await self.change((f"UPDATE {table} SET {assignments} WHERE id = ?", (*row.values(), row_id)))  # noqa: S608

    async def change(self, *statements: Statement) -> None:
        """Run statements in one transaction: all or none."""
        bound = [(sql, [bindable(value) for value in values]) for sql, values in statements]
        await self._patiently(lambda: self._change(bound))

    async def create(self, first_rows: Callable[[], FirstRows]) -> bool:
        """Make the tables and their first rows, both or neither; False when the tables are there already."""

        def run() -> bool:
            with self._transaction():  # which keeps out processes that start at the same time
                is_new = not self._has_tables()
                if is_new:
                    self._build(first_rows())
            return is_new

        return await self._patiently(run)

    def _change(self, statements: Sequence[tuple[str, Sequence[object]]]) -> None:
        if len(statements) == 1:  # which is a transaction by itself
            self._connection.execute(*statements[0])
            return
        with self._transaction():
            for sql, values in statements:
                self._connection.execute(sql, values)

    def _rows(self, sql: str, values: Sequence[object]) -> list[Row]:
        found = self._connection.execute(sql, values)
        names = self._names.get(sql)
        if names is None:
            names = self._names[sql] = tuple(column[0] for column in found.description)
        return list(map(dict, map(zip, repeat(names), found)))  # a quarter quicker than in a comprehension

    def _has_tables(self) -> bool:
        return bool(self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'user'").fetchall())

    def _build(self, first_rows: FirstRows) -> None:
        for table in TABLES:
            for statement in _definition(table):
                self._connection.execute(statement)
        for table, values in first_rows:
            self._insert(table, _accepted(table, values))

    def _insert(self, table: str, row: Mapping[str, str | int | float]) -> int:
        try:
            return self._connection.execute(_insertion(table, tuple(row)), tuple(row.values())).lastrowid or 0
        except sqlite3.IntegrityError as error:
            self._skip_an_id(table)
            if "FOREIGN KEY" in str(error):
                raise foreign_key_error(table) from None
            key = UNIQUE[table]
            raise DuplicateError(f"Duplicate entry '{row[key]}' for key '{key}'") from None

    def _skip_an_id(self, table: str) -> None:
        # MySQL has given the row its id before it finds that the row cannot be.
        skip = "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = ?"
        if not self._connection.execute(skip, (table,)).rowcount:
            self._connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, 1)", (table,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.rollback()
            raise

    async def _patiently(self, work: Callable[[], T]) -> T:
        waited = 0.0
        while True:
            try:
                return work()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # extended codes carry more above
                    raise DatabaseError(str(error)) from error
            except sqlite3.Error as error:
                raise DatabaseError(str(error)) from error
            if waited >= _LOCK_LIMIT_SECONDS:
                raise DatabaseError("Lock wait timeout exceeded; try restarting transaction")
            await self._sleep(_LOCK_RETRY_SECONDS)
            waited += _LOCK_RETRY_SECONDS


@cache
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - ours


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise DatabaseError(str(error)) from error


def _accepted(table: str, values: Mapping[str, object]) -> dict[str, str | int | float]:
    # A statement with an undefined parameter is refused before any column is looked at.
    for value in values.values():
        if type(value) is not str:
            bindable(value)
    return {name: TABLES[table][name].accept(value, table=table, name=name) for name, value in values.items()}


def _definition(table: str) -> Iterator[str]:
    # As under MySQL, texts compare without regard to case and an id is never given twice.
    types = {"int": "INTEGER", "text": "TEXT COLLATE NOCASE", "decimal": "REAL", "date": "TEXT"}
    unique = UNIQUE.get(table)
    columns = [] if unique == "token" else ["id INTEGER PRIMARY KEY AUTOINCREMENT"]
    for name, column in TABLES[table].items():
        references = f" REFERENCES {column.references}(id)" if column.references else ""
        columns.append(f"{name} {types[column.kind]} NOT NULL{' UNIQUE' * (name == unique)}{references}")
    yield f"CREATE TABLE {table} ({', '.join(columns)})"
    if table in INDEXED:
        yield f"CREATE INDEX {table}_{INDEXED[table]} ON {table} ({INDEXED[table]})"
