"""The database knows another password than the service, as after a rotation that was half done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.database_fault import DatabaseFault
from harness.faults.troubles import PasswordChanged


@dataclass(frozen=True, slots=True)
class DatabaseDenied(DatabaseFault):
    """Change the password of the service's user in the database, and change it back.

    It needs a MariaDB that the run started; the bundled service's SQLite has no users.

    Evidence: a request that failed with “Access denied”.
    """

    name: ClassVar[str] = "database_denied"
    sees: ClassVar[str] = "pages fail with “Access denied”, and who is logged in is told “unauthorized”"
    says: ClassVar[tuple[str, ...]] = ("Access denied for user",)
    troubles: ClassVar[tuple[PasswordChanged]] = (PasswordChanged(),)
