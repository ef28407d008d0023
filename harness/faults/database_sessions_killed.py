"""The database ends the service's sessions, in the middle of whatever they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.database_fault import DatabaseFault
from harness.faults.troubles import SessionsKilled


@dataclass(frozen=True, slots=True)
class DatabaseSessionsKilled(DatabaseFault):
    """Kill every session of the service's user twenty times a second.

    Most queries are quicker than that, so only some requests are hit. It needs a MariaDB that the run started; the
    bundled service's SQLite has no sessions.

    Evidence: a request that failed because its connection or its query was ended.
    """

    name: ClassVar[str] = "database_sessions_killed"
    sees: ClassVar[str] = "some requests fail in the middle, and may have been half done"
    says: ClassVar[tuple[str, ...]] = (
        "Connection was killed",
        "Query execution was interrupted",
        "The server closed the connection",
        "ECONNRESET",
    )
    troubles: ClassVar[tuple[SessionsKilled]] = (SessionsKilled(),)
