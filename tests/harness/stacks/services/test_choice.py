import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.faults.troubles import DatabaseStopped, DiskFull
from harness.stacks.services.choice import database_troubles
from harness.stacks.services.twin import TwinService


def test_database_of_the_bundled_service_is_a_file_with_the_troubles_of_one(tmp_path: Path) -> None:
    troubles = database_troubles(TwinService(), directory=tmp_path)
    cloud: Any = SimpleNamespace(changes={})
    troubles.cloud = cloud
    asyncio.run(troubles.begin(DiskFull()))
    assert troubles.stands(DiskFull())
    with pytest.raises(ScenarioError, match="SQLite file"):
        asyncio.run(troubles.begin(DatabaseStopped()))


def test_database_that_nobody_here_started_has_no_troubles_but_those_of_its_link(tmp_path: Path) -> None:
    service: Any = SimpleNamespace()
    with pytest.raises(ScenarioError, match="was not started by this run"):
        asyncio.run(database_troubles(service, directory=tmp_path).begin(DiskFull()))
