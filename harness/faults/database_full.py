"""The database has no room for more data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.database_fault import DatabaseFault
from harness.faults.fault import Command, ReplaceTasks
from harness.faults.troubles import DiskFull


@dataclass(frozen=True, slots=True)
class DatabaseFull(DatabaseFault):
    """Start the tasks of the bundled service anew with a database that may not grow, as on a full disk.

    Rows still fit into pages that are not full yet. The tasks are replaced, one after another, when it begins and when
    it is healed. A database server is refused: its disk is also everybody else's.

    Evidence: a request that failed with “database or disk is full”.
    """

    name: ClassVar[str] = "database_full"
    sees: ClassVar[str] = "whoever writes fails with “database or disk is full”, and the menu is there"
    says: ClassVar[tuple[str, ...]] = ("database or disk is full",)
    troubles: ClassVar[tuple[DiskFull]] = (DiskFull(),)

    def apply(self) -> tuple[Command, ...]:
        return (*DatabaseFault.apply(self), ReplaceTasks())

    def heal(self) -> tuple[Command, ...]:
        return (*DatabaseFault.heal(self), ReplaceTasks())
