"""The administrator of a MariaDB that the run started: speaks SQL to it by its own client, past every link."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import HarnessError
from harness.stacks.databases.mariadb import BESIDES_PATH, OWN_SOCKET, USERS_FROM

CLIENTS = ("mariadb", "mysql")


@dataclass(frozen=True, slots=True)
class Administrator:
    """Whoever may do everything, by the socket among the server's data, which no other machine sees."""

    data: Path
    """The server's data directory."""
    users_from: str = field(default=USERS_FROM, init=False)
    """Whence the service's user may come."""
    users_may_all: bool = field(default=True, init=False)
    """Whether that user may do everything."""
    environment: Mapping[str, str] = field(default_factory=dict, init=False)
    """What a session needs to be let in: nothing, where the socket is."""

    @property
    def client(self) -> list[str]:
        """Say how to run the client, in the data directory: a socket's path may not be long.

        Raises:
            HarnessError: when there is none on this machine.
        """
        path = os.pathsep.join((os.environ.get("PATH", os.defpath), *BESIDES_PATH))
        found = next(filter(None, (shutil.which(name, path=path) for name in CLIENTS)), None)
        if found is None:
            message = "there is a MariaDB server on this machine, but no client. Debian: apt-get install mariadb-client"
            raise HarnessError(message)
        options = ("--no-defaults", "--user=root", "--protocol=socket", f"--socket={OWN_SOCKET}")
        return [found, *options, "--batch", "--raw", "--skip-column-names", "--unbuffered"]

    def session(self, statements: str) -> list[str]:
        """Say how to run a session into which a shell's `statements` go, and which lasts until it is killed."""
        client = " ".join(map(shlex.quote, self.client))
        return ["/bin/sh", "-c", f"cd {shlex.quote(str(self.data))} && {{ {statements}; }} | {client}"]

    async def say(self, sql: str) -> list[str]:
        """Run statements; gives the lines of what they answer.

        Raises:
            HarnessError: with the server's words, when one fails.
        """
        process = await asyncio.create_subprocess_exec(
            *self.client,
            cwd=self.data,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        answered, complained = await process.communicate(sql.encode())
        if process.returncode:
            message = f"the database did not do as it was told: {complained.decode(errors='replace').strip()}"
            raise HarnessError(message)
        return answered.decode().splitlines()
