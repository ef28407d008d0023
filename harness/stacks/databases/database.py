"""What a service must be told of its database, and what a run must do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.stacks.children import Launch

PORT = 3306
"""Of every MySQL and MariaDB; the pizza services know no other."""

ROOT_PASSWORD = "MYSQL_PWD"  # noqa: S105 - the name of a variable
"""Environment variable by which clients are told the password."""


@dataclass(frozen=True, slots=True)
class Login:
    """How a service gets at its database."""

    host: str
    """The address at which port 3306 leads to it."""
    user: str
    """Must be allowed to create databases: every pizza service creates its own."""
    password: str = field(repr=False)
    """In clear; never written anywhere but into the generated configuration."""
    database: str
    """Of this run alone."""


class Database(Protocol):
    """A MySQL or MariaDB server."""

    @property
    def login(self) -> Login:
        """How a service gets at it."""
        ...

    @property
    def version(self) -> str:
        """What it is, for the record."""
        ...

    @property
    def outlives_the_run(self) -> bool:
        """Whether it is there after the run, so that the run's own database must be dropped."""
        ...

    @property
    def address(self) -> str:
        """Where the server itself listens, `host:port`; a link leads there from port 3306 of the login's host."""
        ...

    def launch(self, directory: Path) -> Launch | None:
        """Say how to start it, empty data and all, in a directory of its own; None when it runs already.

        Raises:
            HarnessError: when it cannot be prepared.
        """
        ...

    def close(self) -> None:
        """Let go of what was kept for it; closing twice is fine."""
        ...
