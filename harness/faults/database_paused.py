"""The database stands still: it takes connections, and never answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.database_fault import DatabaseFault
from harness.faults.troubles import DatabaseStopped


@dataclass(frozen=True, slots=True)
class DatabasePaused(DatabaseFault):
    """Stop the database server with SIGSTOP, and let it go on with SIGCONT.

    The course's services wait a minute for a connection. It needs a MariaDB that the run started; the bundled service's
    SQLite is no process.

    Evidence: a request that nobody answered in time, or whose connection timed out.
    """

    name: ClassVar[str] = "database_paused"
    sees: ClassVar[str] = "every page but the first loads for ever"
    says: ClassVar[tuple[str, ...]] = ("ETIMEDOUT",)
    makes_wait: ClassVar[bool] = True
    troubles: ClassVar[tuple[DatabaseStopped]] = (DatabaseStopped(),)
