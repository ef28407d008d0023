"""What can be wrong with a database that is a SQLite file of the bundled service.

Runs in the stack's loop.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from harness.errors import ScenarioError
from harness.faults.troubles import DiskFull, WritesBlocked, WritesForbidden
from harness.stacks.children import Launch
from harness.stacks.cloud import Cloud
from harness.stacks.databases.rival import HOLDS_SQLITE, Rival, python

LIMITS: dict[type, str] = {DiskFull: "full", WritesForbidden: "read-only"}
"""What of it a task is told when it starts, since SQLite has no server that could be told."""


class SqliteTroubles:
    """Lets something be wrong with the file, or with what tasks that start from now on may do to it.

    Args:
        file: where the tasks keep their data.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rival = Rival()

    async def begin(self, trouble: object, *, cloud: Cloud) -> None:
        """Let it be wrong.

        Raises:
            ScenarioError: when a file cannot have that.
        """
        if isinstance(trouble, WritesBlocked):
            await self._rival.start(python(HOLDS_SQLITE, str(self._file)), children=cloud.children)
        elif limit := LIMITS.get(type(trouble)):
            cloud.changes[limit] = partial(_limited, limit=limit)
        else:
            message = (
                f"{getattr(trouble, 'name', trouble)}: the bundled service keeps its data in a SQLite file, which has "
                "neither server nor users nor sessions. Let the run start a server for it (--database mariadb), or "
                "choose DatabaseLocked, DatabaseFull or DatabaseReadOnly."
            )
            raise ScenarioError(message)

    async def end(self, trouble: object, *, cloud: Cloud) -> None:
        """Put it right; tasks that were limited have to be replaced."""
        if isinstance(trouble, WritesBlocked):
            await self._rival.stop()
        cloud.changes.pop(LIMITS.get(type(trouble), ""), None)

    def stands(self, trouble: object, *, cloud: Cloud) -> bool:
        """Say whether it is still wrong."""
        if isinstance(trouble, WritesBlocked):
            return self._rival.is_there
        return LIMITS.get(type(trouble)) in cloud.changes


def _limited(launch: Launch, *, limit: str) -> Launch:
    return replace(launch, argv=[*launch.argv, "--database-limit", limit])
