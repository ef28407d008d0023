"""The port to a database, in five verbs. ``sqlite.py`` and ``mysql.py`` fill it, with the same SQL."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

Row: TypeAlias = dict[str, Any]
Statement: TypeAlias = tuple[str, tuple[object, ...]]
FirstRows: TypeAlias = Sequence[tuple[str, Mapping[str, object]]]
"""Tables and rows, in the order to write them in."""


class Database(Protocol):
    """A place for rows. Every method raises ``DatabaseError`` when it cannot do its work."""

    @property
    def host(self) -> str:
        """Where the database is, as ``/api/docs`` tells."""
        ...

    async def create(self, first_rows: Callable[[], FirstRows]) -> bool:
        """Make the tables and their first rows, both or neither; False when the tables are there already."""
        ...

    async def rows(self, sql: str, *values: object) -> list[Row]:
        """Read rows; each ``?`` takes a value."""
        ...

    async def insert(self, table: str, values: Mapping[str, object]) -> int:
        """Write a row and return its id."""
        ...

    async def update(self, table: str, values: Mapping[str, object], *, row_id: float) -> None:
        """Change a row; no row of that id is no error."""
        ...

    async def change(self, *statements: Statement) -> None:
        """Run statements in one transaction: all or none."""
        ...
