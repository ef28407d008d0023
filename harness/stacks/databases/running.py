"""A database server that runs already: the run makes a database of its own there, and drops it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from harness.errors import HarnessError, ScenarioError
from harness.stacks.children import Launch
from harness.stacks.databases.database import PORT, Login
from harness.stacks.databases.mariadb import greets
from harness.stacks.databases.reservation import Reservation
from harness.stacks.safety import refuse_unless_ours

PASSWORD = "PIZZA_CHAOS_DATABASE_PASSWORD"  # noqa: S105 - the name of a variable
"""Environment variable with the user's password, which thus stands in no command, report or history."""

SCHEMES = ("mysql", "mariadb")


@dataclass(frozen=True, slots=True)
class RunningDatabase:
    """A server that is there before the run and after it."""

    login: Login
    address: str
    reserved: Reservation | None
    """What keeps other runs from the address at which this one's tasks look for it."""
    version: str = "a running server"
    outlives_the_run: bool = field(default=True, init=False)

    @classmethod
    def at(cls, url: str, *, run: str) -> RunningDatabase:
        """Read `mysql://USER@HOST`, and see whether a server greets there.

        Args:
            url: where it is; its password is in PIZZA_CHAOS_DATABASE_PASSWORD.
            run: the run's name, which its database is called after.

        Raises:
            SafetyError: when it is not on this machine.
            HarnessError: when nothing greets there.
        """
        host, user = read_url(url, where="database")
        refuse_unless_ours(url)
        if not greets(host, PORT):
            message = f"no database server greets at {host}:{PORT}, which database {url!r} names. Start it first."
            raise HarnessError(message)
        name = "pizza_chaos_" + re.sub(r"\W", "_", run)
        # Where no other loopback address is free, as on macOS, tasks go to it straight and no fault can come between.
        reserved = Reservation.found(port=PORT)
        login = Login(reserved.host if reserved else host, user, os.environ.get(PASSWORD, ""), name[:64])
        return cls(login, f"{host}:{PORT}", reserved)

    def launch(self, directory: Path) -> Launch | None:  # noqa: ARG002 - other databases need one
        """Start nothing: it runs."""
        return None

    def close(self) -> None:
        """Let other runs have its address."""
        if self.reserved is not None:
            self.reserved.release()


def read_url(url: str, *, where: str) -> tuple[str, str]:
    """Give host and user of a database URL.

    Raises:
        ScenarioError: naming `where`, when it is not such a URL, or says more than it may.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
    except ValueError:
        parts, port = urlsplit(""), PORT
    if parts.password is not None:
        message = f"{where}: a password stands in the URL, where histories would keep it. Set {PASSWORD} instead."
        raise ScenarioError(message)
    if parts.scheme not in SCHEMES or not parts.hostname or not parts.username or parts.path.strip("/"):
        message = (
            f'{where}: {url!r} names no database server. Write "mariadb", "container" or "mysql://USER@127.0.0.1".'
        )
        raise ScenarioError(message)
    if port != PORT:
        message = f"{where}: {url!r} asks for port {port}, but pizza services know {PORT} only. Let it listen there."
        raise ScenarioError(message)
    return parts.hostname, unquote(parts.username)
