"""What can be wrong with a MariaDB that the run started for a service of one's own.

Runs in the stack's loop.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import psutil

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
from harness.stacks.databases.administrator import Administrator
from harness.stacks.databases.database import Login
from harness.stacks.databases.mariadb import USERS_FROM
from harness.stacks.databases.rival import HAS_IT, TAKES_CONNECTIONS, Rival, python

ASIDE = "pizza_chaos_aside"
"""The database in which tables wait whose own is gone."""

ANOTHER_PASSWORD = "changed by pizza-chaos"  # noqa: S105 - nobody is let in by it but for the length of a fault
KILLS_EVERY_SECONDS = 0.05


class ServerTroubles:
    """Lets something be wrong with the server.

    Args:
        login: the service's.
        administrator: who may do everything.
        address: where the server itself listens, `host:port`.
    """

    def __init__(self, login: Login, *, administrator: Administrator, address: str) -> None:
        self._login = login
        self._administrator = administrator
        self._address = address
        self._user = f"'{login.user}'@'{USERS_FROM}'"
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
                await rival.start(await self._argv(trouble), children=cloud.children)
            case DatabaseStopped():
                self._signal(signal.SIGSTOP)
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

    async def end(self, trouble: object, *, cloud: Cloud) -> None:  # noqa: ARG002 - a file's troubles need it
        """Put it right; harmless when it is."""
        if rival := self._rivals.pop(type(trouble), None):
            await rival.stop()
        if isinstance(trouble, DatabaseStopped):
            self._signal(signal.SIGCONT)
        if type(trouble) not in self._told:
            return
        right = await self._move(ASIDE, self._login.database) if isinstance(trouble, SchemaGone) else ""
        await self._administrator.say(right or self._right(trouble))
        self._told.discard(type(trouble))

    def stands(self, trouble: object, *, cloud: Cloud) -> bool:  # noqa: ARG002
        """Say whether it is still wrong."""
        if isinstance(trouble, DatabaseStopped):
            return self._is_stopped()
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
                return python(TAKES_CONNECTIONS, *self._address.split(":"), str(int(most) + 1))

    def _wrong(self, trouble: object) -> str:
        if isinstance(trouble, PasswordChanged):
            return f"ALTER USER {self._user} IDENTIFIED BY '{ANOTHER_PASSWORD}';"
        # A user who has every right may write all the same; sessions keep the rights that they began with.
        revoke = f"REVOKE READ ONLY ADMIN, SUPER ON *.* FROM {self._user};"
        return f"{revoke} SET GLOBAL read_only = 1; KILL USER '{self._login.user}';"

    def _right(self, trouble: object) -> str:
        if isinstance(trouble, PasswordChanged):
            return f"ALTER USER {self._user} IDENTIFIED BY '{self._login.password}';"
        return f"SET GLOBAL read_only = 0; GRANT ALL ON *.* TO {self._user};"

    async def _move(self, whence: str, whither: str) -> str:
        """Say how to move every table, and drop the database in which they were; "" when that is not there."""
        known = await self._administrator.say("SHOW DATABASES")
        if whence not in known:
            return ""
        tables = await self._administrator.say(f"SHOW TABLES IN `{whence}`")
        moves = ", ".join(f"`{whence}`.`{table}` TO `{whither}`.`{table}`" for table in tables)
        rename = f"RENAME TABLE {moves};" if moves else ""
        return f"DROP DATABASE IF EXISTS `{whither}`; CREATE DATABASE `{whither}`; {rename} DROP DATABASE `{whence}`;"

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(self._administrator.pid, number)

    def _is_stopped(self) -> bool:
        try:
            return psutil.Process(self._administrator.pid).status() == psutil.STATUS_STOPPED
        except (psutil.NoSuchProcess, FileNotFoundError):
            return False


def _quoted(sql: str) -> str:
    return sql.replace('"', '\\"')
