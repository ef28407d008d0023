"""What can be wrong with a MariaDB that the run started, on this machine or in a container.

Runs in the stack's loop.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from typing import Protocol

from harness.errors import ScenarioError
from harness.faults.troubles import (
    ConnectionsTaken,
    DatabaseStopped,
    DiskFull,
    PasswordChanged,
    SchemaGone,
    SessionsKilled,
    WritesBlocked,
    WritesForbidden,
)
from harness.stacks.cloud import Cloud
from harness.stacks.databases.database import Database
from harness.stacks.databases.rival import HAS_IT, TAKES_CONNECTIONS, Rival, python

ASIDE = "pizza_chaos_aside"
"""The database in which tables wait whose own is gone."""

ANOTHER_PASSWORD = "changed by pizza-chaos"  # noqa: S105 - nobody is let in by it but for the length of a fault
KILLS_EVERY_SECONDS = 0.05


class Superuser(Protocol):
    """Whoever may do everything at a server, and gets there past every link."""

    @property
    def users_from(self) -> str:
        """Whence the service's user may come."""
        ...

    @property
    def users_may_all(self) -> bool:
        """Whether that user may do everything, too."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """What a session needs to be let in."""
        ...

    def session(self, statements: str) -> list[str]:
        """Say how to run a session into which a shell's `statements` go, and which lasts until it is killed."""
        ...

    async def say(self, sql: str) -> list[str]:
        """Run statements; gives the lines of what they answer. HarnessError when one fails."""
        ...


class ServerTroubles:
    """Lets something be wrong with the server.

    Args:
        database: the server.
        administrator: who may do everything there.
    """

    def __init__(self, database: Database, *, administrator: Superuser) -> None:
        self._database = database
        self._login = database.login
        self._administrator = administrator
        self._user = f"'{self._login.user}'@'{administrator.users_from}'"
        self._rivals: dict[type, Rival] = {}
        self._told: set[type] = set()

    async def begin(self, trouble: object, *, cloud: Cloud) -> None:
        """Let it be wrong.

        Raises:
            ScenarioError: when a server cannot have that.
            HarnessError: when the server refuses.
        """
        match trouble:
            case WritesBlocked() | ConnectionsTaken() | SessionsKilled():
                rival = self._rivals[type(trouble)] = Rival()
                argv, environment = await self._argv(trouble), self._administrator.environment
                await rival.start(argv, children=cloud.children, environment=environment)
            case DatabaseStopped():
                await _signal(signal.SIGSTOP, cloud)
            case WritesForbidden() | PasswordChanged():
                self._told.add(type(trouble))
                await self._administrator.say(self._wrong(trouble))
            case SchemaGone():
                self._told.add(SchemaGone)
                await self._administrator.say(await self._move(self._login.database, ASIDE))
            case DiskFull():
                message = (
                    "DatabaseFull: the disk of a database server is also everybody else's, so it is not filled. Choose "
                    "DatabaseReadOnly, or test the bundled service, whose SQLite file can be limited alone."
                )
                raise ScenarioError(message)

    async def end(self, trouble: object, *, cloud: Cloud) -> None:
        """Put it right; harmless when it is."""
        if rival := self._rivals.pop(type(trouble), None):
            await rival.stop()
        if isinstance(trouble, DatabaseStopped):
            await _signal(signal.SIGCONT, cloud)
        if type(trouble) not in self._told:
            return
        right = await self._move(ASIDE, self._login.database) if isinstance(trouble, SchemaGone) else ""
        await self._administrator.say(right or self._right(trouble))
        self._told.discard(type(trouble))

    def stands(self, trouble: object, *, cloud: Cloud) -> bool:
        """Say whether it is still wrong."""
        if isinstance(trouble, DatabaseStopped):
            server = cloud.children.named("database")
            return server is not None and server.is_paused
        rival = self._rivals.get(type(trouble))
        return type(trouble) in self._told or (rival is not None and rival.is_there)

    async def _argv(self, trouble: WritesBlocked | ConnectionsTaken | SessionsKilled) -> list[str]:
        """Say how to start the rival that brings a trouble about."""
        has_it = f"SELECT '{HAS_IT}';"
        match trouble:
            case WritesBlocked():
                return self._administrator.session(f'echo "FLUSH TABLES WITH READ LOCK;{_quoted(has_it)}"; cat')
            case SessionsKilled():
                kill = f"KILL USER '{self._login.user}';"
                loop = f'while sleep {KILLS_EVERY_SECONDS:g}; do echo "{kill}"; done'
                return self._administrator.session(f'echo "{_quoted(has_it)}"; {loop}')
            case ConnectionsTaken():
                (most,) = await self._administrator.say("SELECT @@max_connections")
                return python(TAKES_CONNECTIONS, *self._database.address.split(":"), str(int(most) + 1))

    def _wrong(self, trouble: object) -> str:
        if isinstance(trouble, PasswordChanged):
            return f"ALTER USER {self._user} IDENTIFIED BY '{ANOTHER_PASSWORD}';"
        # A user who has every right may write all the same; sessions keep the rights that they began with.
        revoke = f"REVOKE READ ONLY ADMIN, SUPER ON *.* FROM {self._user};" if self._administrator.users_may_all else ""
        return f"{revoke} SET GLOBAL read_only = 1;\nKILL USER '{self._login.user}';"

    def _right(self, trouble: object) -> str:
        if isinstance(trouble, PasswordChanged):
            return f"ALTER USER {self._user} IDENTIFIED BY '{self._login.password}';"
        grant = f"GRANT ALL ON *.* TO {self._user};" if self._administrator.users_may_all else ""
        return f"SET GLOBAL read_only = 0; {grant}"

    async def _move(self, whence: str, whither: str) -> str:
        """Say how to move every table, and drop the database in which they were; "" when that is not there."""
        known = await self._administrator.say("SHOW DATABASES")
        if whence not in known:
            return ""
        tables = await self._administrator.say(f"SHOW TABLES IN `{whence}`")
        moves = ", ".join(f"`{whence}`.`{table}` TO `{whither}`.`{table}`" for table in tables)
        rename = f"RENAME TABLE {moves};" if moves else ""
        return f"DROP DATABASE IF EXISTS `{whither}`; CREATE DATABASE `{whither}`; {rename} DROP DATABASE `{whence}`;"


async def _signal(number: signal.Signals, cloud: Cloud) -> None:
    server = cloud.children.named("database")
    if server is not None:
        await asyncio.to_thread(server.signal, number)  # an engine takes its time to pause a container


def _quoted(sql: str) -> str:
    return sql.replace('"', '\\"')
