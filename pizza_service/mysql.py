"""The service's tables in a MySQL or MariaDB server, with the real service's manners: no pool, a connection a step.

What the server complains of reaches the client in the server's own words; what goes wrong on the way to it, in those
of Node's driver.
"""

import asyncio
import errno
import math
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiomysql
from pymysql.constants import CR, ER, FIELD_TYPE
from pymysql.converters import decoders
from pymysql.err import MySQLError

from pizza_service.database import FirstRows, Row, Statement
from pizza_service.errors import DatabaseError, DuplicateError, NoConnectionError
from pizza_service.schema import INDEXED, TABLES, UNIQUE, Column, bindable
from pizza_service.server import CONNECT_LIMIT_SECONDS, Server

_LOST = (CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST)
_LOCK_SECONDS = 50
_FURTHEST = 1.7976931348623157e308
"""What stands for infinity, which SQL cannot write."""

# A price is a number to JavaScript, and a date the text that SQLite keeps.
_DECODERS = {kind: read for kind, read in decoders.items() if kind != FIELD_TYPE.DATETIME}
_DECODERS |= {FIELD_TYPE.DECIMAL: float, FIELD_TYPE.NEWDECIMAL: float}


class MysqlDatabase:
    """A database in a server.

    Whoever makes one calls ``create`` at once. As in the real service that is tried a single time, and every other
    step waits until it was; where it failed, later steps say what is missing.

    Args:
        server: Where it is.
        connect_within_seconds: How long to wait for it to let us in, in the machine's own time.
    """

    def __init__(self, server: Server, *, connect_within_seconds: float = CONNECT_LIMIT_SECONDS) -> None:
        self._server = server
        self._connect_within_seconds = connect_within_seconds
        self._was_tried = asyncio.Event()

    @property
    def host(self) -> str:
        """Where the database is, as ``/api/docs`` tells."""
        return self._server.host

    async def create(self, first_rows: Callable[[], FirstRows]) -> bool:
        """Make the database, its tables and its first rows; False when the rows are there already."""
        try:
            async with self._connection(use=False) as session:
                return await self._create(session, first_rows)
        finally:
            self._was_tried.set()

    async def rows(self, sql: str, *values: object) -> list[Row]:
        """Read rows; each ``?`` takes a value."""
        bound = _bound(values)
        async with self._session() as session:
            return await session.run(sql, bound)

    async def insert(self, table: str, values: Mapping[str, object]) -> int:
        """Write a row and return its id."""
        bound = _bound(values.values())
        async with self._session() as session:
            await session.run(_insert(table, values), bound)
            return session.last_id

    async def update(self, table: str, values: Mapping[str, object], *, row_id: float) -> None:
        """Change a row; no row of that id is no error."""
        assignments = ", ".join(f"{name} = ?" for name in values)
        await self.change((f"UPDATE {table} SET {assignments} WHERE id = ?", (*values.values(), row_id)))  # noqa: S608

    async def change(self, *statements: Statement) -> None:
        """Run statements in one transaction: all or none."""
        bound = [(sql, _bound(values)) for sql, values in statements]
        async with self._session() as session, session.transaction():
            for sql, values in bound:
                await session.run(sql, values)

    async def _create(self, session: "_Session", first_rows: Callable[[], FirstRows]) -> bool:
        database = self._server.database
        # What a service that started at the same time makes is there when it is our turn; closing lets go of the lock.
        await session.run("SELECT GET_LOCK(?, ?)", [f"pizza_service {database}", _LOCK_SECONDS])
        known = await session.run("SELECT 1 FROM information_schema.tables WHERE table_schema = ?", [database])
        if len(known) < len(TABLES):
            await session.run(f"CREATE DATABASE IF NOT EXISTS {database} CHARACTER SET utf8mb4")
        await session.run(f"USE {database}")
        for table in TABLES if len(known) < len(TABLES) else ():
            await session.run(_definition(table))
        if await session.run("SELECT 1 FROM user LIMIT 1"):
            return False
        async with session.transaction():
            for table, values in first_rows():
                await session.run(_insert(table, values), _bound(values.values()))
        return True

    @asynccontextmanager
    async def _session(self) -> AsyncIterator["_Session"]:
        await self._was_tried.wait()
        async with self._connection(use=True) as session:
            yield session

    @asynccontextmanager
    async def _connection(self, *, use: bool) -> AsyncIterator["_Session"]:
        server = self._server
        try:
            async with asyncio.timeout(self._connect_within_seconds):
                connection = await aiomysql.connect(
                    host=server.host,
                    port=server.port,
                    user=server.user,
                    password=server.password,
                    db=server.database if use else None,
                    charset="utf8mb4",
                    autocommit=True,
                    conv=_DECODERS,
                )
        except TimeoutError:
            raise NoConnectionError("connect ETIMEDOUT") from None
        except MySQLError as error:
            raise NoConnectionError(self._explained(error).message) from error
        try:
            yield _Session(connection)
        except MySQLError as error:
            raise self._explained(error) from error
        finally:
            connection.close()

    def _explained(self, error: MySQLError) -> DatabaseError:
        code, message = error.args if len(error.args) == 2 else (0, str(error))
        if code == ER.DUP_ENTRY:
            return DuplicateError(message)
        if code == CR.CR_CONN_HOST_ERROR:
            return DatabaseError(_no_connection(error.__cause__, self._server))
        if code in _LOST:
            is_reset = isinstance(error.__cause__, OSError)
            return DatabaseError(
                "read ECONNRESET" if is_reset else "Connection lost: The server closed the connection."
            )
        return DatabaseError(str(message))


class _Cursor(aiomysql.DictCursor):  # type: ignore[misc]  # the driver has no types
    """Rows by name, and no word of what the server only warns of."""

    async def _show_warnings(self, conn: object) -> None:
        pass


class _Session:
    """One connection, in the statements of our ``Database`` port."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - the driver has no types
        self._connection = connection
        self.last_id = 0

    async def run(self, sql: str, values: list[str | int | float | None] | None = None) -> list[Row]:
        """Run one statement and give the rows that it answers."""
        async with self._connection.cursor(_Cursor) as cursor:
            await cursor.execute(sql.replace("?", "%s"), values)
            self.last_id = cursor.lastrowid or 0
            return list(await cursor.fetchall()) if cursor.description else []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Let all of a block count, or none: closing the connection takes back what was not committed."""
        await self._connection.begin()
        yield
        await self._connection.commit()


def _bound(values: Iterable[object]) -> list[str | int | float | None]:
    return [_sent(bindable(value)) for value in values]


def _sent(value: str | float | None) -> str | int | float | None:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else math.copysign(_FURTHEST, value)
    return value


def _insert(table: str, values: Mapping[str, object]) -> str:
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"  # noqa: S608 - our names


def _definition(table: str) -> str:
    unique, indexed = UNIQUE.get(table), INDEXED.get(table)
    lines, key = ([], " PRIMARY KEY") if unique == "token" else (["id INT AUTO_INCREMENT PRIMARY KEY"], " UNIQUE")
    for name, column in TABLES[table].items():
        lines.append(f"{name} {_type(column)} NOT NULL{key * (name == unique)}")
    lines += [
        f"FOREIGN KEY ({name}) REFERENCES {column.references}(id)"
        for name, column in TABLES[table].items()
        if column.references
    ]
    lines += [f"INDEX ({indexed})"] if indexed else []
    return f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(lines)})"


def _type(column: Column) -> str:
    text = "TEXT" if column.longest > 1024 else f"VARCHAR({column.longest})"
    return {"int": "INT", "text": text, "decimal": "DECIMAL(10, 8)", "date": "DATETIME"}[column.kind]


def _no_connection(cause: BaseException | None, server: Server) -> str:
    if isinstance(cause, socket.gaierror):
        return f"getaddrinfo ENOTFOUND {server.host}"
    code = errno.errorcode.get(getattr(cause, "errno", None) or 0, "EHOSTUNREACH")
    return f"connect {code} {server.host}:{server.port}"
