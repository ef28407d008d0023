from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.faults.troubles import DiskFull, SessionsKilled, WritesBlocked, WritesForbidden
from harness.stacks.children import Children, Launch
from harness.stacks.databases.sqlite_troubles import SqliteTroubles


@pytest.mark.slow
def test_file_that_another_process_holds_can_be_read_and_not_written_until_it_lets_go(tmp_path: Path) -> None:
    file = tmp_path / "pizza.sqlite"
    children = Children(logs=tmp_path, environment={}, record=lambda _: None)
    cloud: Any = SimpleNamespace(children=children, changes={})
    troubles = SqliteTroubles(file)
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as ours:
        ours.executescript("PRAGMA journal_mode = WAL; CREATE TABLE menu (title)")
        try:
            asyncio.run(troubles.begin(WritesBlocked(), cloud=cloud))
            assert troubles.stands(WritesBlocked(), cloud=cloud)
            assert ours.execute("SELECT * FROM menu").fetchall() == []
            with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                ours.execute("INSERT INTO menu VALUES ('Veggie')")
            asyncio.run(troubles.end(WritesBlocked(), cloud=cloud))
            asyncio.run(troubles.end(WritesBlocked(), cloud=cloud))
            assert not troubles.stands(WritesBlocked(), cloud=cloud)
            ours.execute("INSERT INTO menu VALUES ('Veggie')")
        finally:
            children.end()


@pytest.mark.parametrize(("trouble", "limit"), [(DiskFull(), "full"), (WritesForbidden(), "read-only")])
def test_task_that_starts_meanwhile_is_told_its_limit(trouble: object, limit: str, tmp_path: Path) -> None:
    cloud: Any = SimpleNamespace(changes={})
    troubles = SqliteTroubles(tmp_path / "pizza.sqlite")
    asyncio.run(troubles.begin(trouble, cloud=cloud))
    assert troubles.stands(trouble, cloud=cloud)
    (change,) = cloud.changes.values()
    assert change(Launch("task-1", ["serve"])).argv == ["serve", "--database-limit", limit]
    asyncio.run(troubles.end(trouble, cloud=cloud))
    assert not troubles.stands(trouble, cloud=cloud)
    assert cloud.changes == {}


def test_trouble_that_a_file_cannot_have_is_refused_with_what_it_can(tmp_path: Path) -> None:
    cloud: Any = SimpleNamespace(changes={})
    troubles = SqliteTroubles(tmp_path / "pizza.sqlite")
    with pytest.raises(ScenarioError, match=r"database/sessions killed: .* SQLite file.*choose DatabaseLocked"):
        asyncio.run(troubles.begin(SessionsKilled(), cloud=cloud))
    asyncio.run(troubles.end(SessionsKilled(), cloud=cloud))
    assert not troubles.stands(SessionsKilled(), cloud=cloud)
