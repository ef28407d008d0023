"""What can be wrong with the service's database, whichever it is: a file, or a server that the run started.

Runs in the stack's loop.
"""

from __future__ import annotations

from typing import Any, Protocol

from harness.errors import ScenarioError
from harness.faults.troubles import (
    ConnectionsTaken,
    DatabaseStopped,
    DiskFull,
    PasswordChanged,
    SchemaGone,
    SessionsKilled,
    WritesBlocked,
    WritesForbidden,
)
from harness.stacks.cloud import Cloud

DatabaseTrouble = (
    WritesBlocked
    | WritesForbidden
    | DiskFull
    | ConnectionsTaken
    | SessionsKilled
    | DatabaseStopped
    | PasswordChanged
    | SchemaGone
)


class Keeper(Protocol):
    """Whoever knows how to hurt one kind of database."""

    async def begin(self, trouble: Any, *, cloud: Cloud) -> None:  # noqa: ANN401 - each kind has troubles of its own
        """Let it be wrong; ScenarioError when this kind cannot have it."""
        ...

    async def end(self, trouble: Any, *, cloud: Cloud) -> None:  # noqa: ANN401
        """Put it right; harmless when it is."""
        ...

    def stands(self, trouble: Any, *, cloud: Cloud) -> bool:  # noqa: ANN401
        """Say whether it is still wrong."""
        ...


class DatabaseTroubles:
    """Passes each trouble on to whoever knows the service's kind of database.

    Args:
        kept_by: who that is; None for a database that was there before the run, and is not ours to hurt.
    """

    def __init__(self, kept_by: Keeper | None) -> None:
        self.cloud: Cloud | None = None
        """Where the tasks run, once they do."""
        self._kept_by = kept_by

    async def begin(self, trouble: Any) -> None:  # noqa: ANN401
        """Let it be wrong.

        Raises:
            ScenarioError: when this database cannot have that.
        """
        if self._kept_by is None:
            message = (
                f"{trouble.name}: the database of the service under test was not started by this run, so only its link "
                'can be hurt: LinkDown("database"), OnLink("database", ...). Or let the run start one: '
                "--database mariadb."
            )
            raise ScenarioError(message)
        await self._kept_by.begin(trouble, cloud=self._there)

    async def end(self, trouble: Any) -> None:  # noqa: ANN401
        """Put it right; harmless when it is."""
        if self._kept_by is not None:
            await self._kept_by.end(trouble, cloud=self._there)

    def stands(self, trouble: Any) -> bool:  # noqa: ANN401
        """Say whether it is still wrong."""
        return self._kept_by is not None and self._kept_by.stands(trouble, cloud=self._there)

    @property
    def _there(self) -> Cloud:
        assert self.cloud is not None, "databases are hurt after the start"
        return self.cloud
