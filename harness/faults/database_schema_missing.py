"""The database server is well, and has no such database as the service's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.database_fault import DatabaseFault
from harness.faults.troubles import SchemaGone


@dataclass(frozen=True, slots=True)
class DatabaseSchemaMissing(DatabaseFault):
    """Move the service's tables aside and drop its database; healing moves them back, with all their rows.

    What a service that was restarted meanwhile has made in their place is dropped then. It needs a MariaDB that the run
    started; a service with a SQLite file that is gone would simply make another.

    Evidence: a request that failed with “Unknown database”.
    """

    name: ClassVar[str] = "database_schema_missing"
    sees: ClassVar[str] = "pages fail with “Unknown database”, and who is logged in is told “unauthorized”"
    says: ClassVar[tuple[str, ...]] = ("Unknown database",)
    troubles: ClassVar[tuple[SchemaGone]] = (SchemaGone(),)
