"""The database can be read, and not written, as after a failover to a replica."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.database_fault import DatabaseFault
from harness.faults.fault import Command, ReplaceTasks
from harness.faults.troubles import WritesForbidden


@dataclass(frozen=True, slots=True)
class DatabaseReadOnly(DatabaseFault):
    """Let the database refuse every write, and start the tasks of the service anew.

    The bundled service gets a SQLite that it may only read. A MariaDB that the run started is set to read only, and the
    service's user loses the right to write all the same. The tasks are replaced, one after another, when it begins and
    when it is healed.

    Evidence: a request that failed because nothing may be written.
    """

    name: ClassVar[str] = "database_read_only"
    sees: ClassVar[str] = "registrations, log-ins and orders fail, and the menu is there"
    says: ClassVar[tuple[str, ...]] = ("readonly database", "--read-only option")
    troubles: ClassVar[tuple[WritesForbidden]] = (WritesForbidden(),)

    def apply(self) -> tuple[Command, ...]:
        return (*DatabaseFault.apply(self), ReplaceTasks())

    def heal(self) -> tuple[Command, ...]:
        return (*DatabaseFault.heal(self), ReplaceTasks())
