"""Somebody else holds the database: it can be read, and whoever writes has to wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.database_fault import DatabaseFault
from harness.faults.troubles import WritesBlocked


@dataclass(frozen=True, slots=True)
class DatabaseLocked(DatabaseFault):
    """Hold a lock on the database, so that it can be read and not written, and writes wait for their turn.

    The bundled service's SQLite is held by another process in a transaction that never ends, and a write gives up after
    50 s; a MariaDB that the run started has its tables locked for reading, and writes wait as long as that lasts.

    Evidence: a write that gave up; a request that nobody answered in time.
    """

    name: ClassVar[str] = "database_locked"
    sees: ClassVar[str] = "the menu is there, but log-ins and orders load for ever"
    says: ClassVar[tuple[str, ...]] = ("Lock wait timeout exceeded", "database is locked")
    makes_wait: ClassVar[bool] = True
    troubles: ClassVar[tuple[WritesBlocked]] = (WritesBlocked(),)
