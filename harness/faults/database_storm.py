"""Somebody else takes all the connections that the database allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.database_fault import DatabaseFault
from harness.faults.troubles import ConnectionsTaken


@dataclass(frozen=True, slots=True)
class DatabaseStorm(DatabaseFault):
    """Open as many connections to the database as it allows, and one more, and open each again that it closes.

    It needs a MariaDB that the run started; the bundled service's SQLite has no connections.

    Evidence: a request that failed with “Too many connections”.
    """

    name: ClassVar[str] = "database_storm"
    sees: ClassVar[str] = "pages fail with “Too many connections”, and who is logged in is told “unauthorized”"
    says: ClassVar[tuple[str, ...]] = ("Too many connections",)
    troubles: ClassVar[tuple[ConnectionsTaken]] = (ConnectionsTaken(),)
