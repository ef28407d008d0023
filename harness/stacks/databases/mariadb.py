"""A MariaDB of the run's own: this machine's `mariadbd` on a new data directory, root not needed.

The pizza services know no other port than 3306, so a link listens there, on a loopback address of its own, and leads to
the server's own port. Where only 127.0.0.1 exists (macOS), port 3306 must be free there.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from harness.errors import HarnessError
from harness.stacks.children import Launch
from harness.stacks.databases.database import PORT, Login
from harness.stacks.databases.reservation import Reservation, free_port

SERVERS = ("mariadbd",)
INSTALLERS = ("mariadb-install-db", "mysql_install_db")

BESIDES_PATH = ("/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/opt/homebrew/bin")
"""Where systems keep servers that no user starts."""

INSTALLS_WITHIN_SECONDS = 60

OWN_PID = "own.pid"
"""A file among its data, which a server writes once it has its address, and removes at its end."""

OWN_SOCKET = "own.sock"
"""A socket among its data, by which its administrator speaks to it."""

USERS_FROM = "127.0.0.%"
"""Whence the service's user may come."""

OPTIONS = (
    # Debian's own configuration says so; without it the service's first row does not fit and kills it.
    "--character-set-server=utf8mb4",
    # Health checks and faults break off handshakes, after a hundred of which a host would be locked out.
    "--skip-name-resolve",
    "--innodb-log-file-size=16M",
    "--innodb-buffer-pool-size=64M",
)

HINT = (
    "Install MariaDB (Debian: apt-get install mariadb-server; macOS: brew install mariadb), "
    "name a running server (--database mysql://USER@127.0.0.1), or have all in containers (--stack containers)."
)


@dataclass(frozen=True, slots=True)
class MariaDb:
    """A `mariadbd` of this machine, started by the run.

    Cleanup: the process is a child of the run; whoever gave the directory removes it; `close` lets go of the address.
    """

    login: Login
    address: str
    version: str
    server: str
    """The program that serves."""
    installer: str
    """The program that makes an empty data directory."""
    reserved: Reservation | None = None
    """What keeps other runs from its address."""
    outlives_the_run: bool = field(default=False, init=False)

    @classmethod
    def found(cls) -> MariaDb:
        """Find the programs, and an address at which nothing listens.

        Raises:
            HarnessError: when a program is missing, or port 3306 is taken everywhere.
        """
        server, installer = _program(SERVERS), _program(INSTALLERS)
        reserved = Reservation.found(port=PORT)
        if reserved is None:
            message = (
                f"port {PORT} is taken at every loopback address, and a pizza service seeks its database there. End "
                "what listens, or use it, if it is a database: --database mysql://USER@127.0.0.1."
            )
            raise HarnessError(message)
        login = Login(reserved.host, "pizza", secrets.token_hex(12), "pizza")
        address = f"{reserved.host}:{free_port(reserved.host)}"
        return cls(login, address, _version(server), server, installer, reserved)

    def launch(self, directory: Path) -> Launch:
        """Make an empty data directory, and say how to serve it."""
        data, own_room = self.data_in(directory), directory / "mariadb-tmp"
        data.mkdir(parents=True)
        own_room.mkdir()
        # A server that starts removes the temporary tables it finds in its folder, in a common one its neighbours' too.
        room = {"TMPDIR": str(own_room)}
        command = [self.installer, "--no-defaults", f"--datadir={data}", *_as_root()]
        _install([*command, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"], room)
        first = directory / "first.sql"
        first.touch(mode=0o600)
        first.write_text(_first_statements(self.login))
        # A socket file's path may not be longer than about a hundred characters; this one is relative to the data.
        own = [f"--datadir={data}", f"--init-file={first}", f"--socket={OWN_SOCKET}", f"--pid-file={OWN_PID}"]
        host, port = self.address.split(":")
        where = [f"--bind-address={host}", f"--port={port}"]
        argv = [self.server, "--no-defaults", *own, *where, *OPTIONS, *_as_root()]
        return Launch("database", argv, room, answers=partial(_serves, self.address, data / OWN_PID))

    @staticmethod
    def data_in(directory: Path) -> Path:
        """Say where its data is, of all that is in the directory that it was given."""
        return directory / "mariadb"

    def close(self) -> None:
        """Let other runs have its address."""
        if self.reserved is not None:
            self.reserved.release()


def greets(host: str, port: int) -> str:
    """Give the address of a server that greets whoever connects, as MySQL and MariaDB do once they are ready."""
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            return f"{host}:{port}" if connection.recv(5) else ""
    except OSError:
        return ""


def _serves(address: str, pid_file: Path) -> str:
    """Give the address of the server that wrote this file; somebody else's may greet there, if it was quicker."""
    host, port = address.split(":")
    return greets(host, int(port)) if pid_file.exists() else ""


def _first_statements(login: Login) -> str:
    who = f"'{login.user}'@'{USERS_FROM}'"
    return f"CREATE USER {who} IDENTIFIED BY '{login.password}';\nGRANT ALL ON *.* TO {who};\n"


def _program(names: Sequence[str]) -> str:
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *BESIDES_PATH))
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    if found is None:
        message = f"a real service needs a real database, and there is no {names[0]} on this machine. {HINT}"
        raise HarnessError(message)
    return found


def _version(server: str) -> str:
    said = subprocess.run([server, "--no-defaults", "--version"], capture_output=True, text=True, check=False).stdout
    words = said.split()
    return words[words.index("Ver") + 1] if "Ver" in words[:-1] else "unknown"


def _install(command: Sequence[str], environment: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=INSTALLS_WITHIN_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        message = f"{command[0]} did not make a data directory within {INSTALLS_WITHIN_SECONDS} s. {HINT}"
        raise HarnessError(message) from error
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        message = f"{command[0]} cannot make a data directory. Its last words: {' | '.join(lines[-5:])}"
        raise HarnessError(message)


def _as_root() -> tuple[str, ...]:
    """Let it run as root where somebody is root, as in containers; nobody needs to be."""
    return ("--user=root",) if os.geteuid() == 0 else ()
