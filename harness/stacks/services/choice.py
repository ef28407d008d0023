"""Which service is tested: the one that the settings name, or the bundled twin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.settings import OWN_DATABASE, Settings
from harness.stacks.databases.database import Database
from harness.stacks.databases.mariadb import MariaDb
from harness.stacks.databases.running import RunningDatabase
from harness.stacks.heal import SCRATCH
from harness.stacks.services.node.service import NodeService
from harness.stacks.services.service import ServiceUnderTest
from harness.stacks.services.twin import TwinService


def service_under_test(settings: Settings, *, directory: Path, say: Callable[[str], None]) -> ServiceUnderTest:
    """Give the service that the settings name, ready to be started; what takes long is done now, before time begins.

    Args:
        settings: `service` and `database`, or `fix` for the twin.
        directory: the run's own.
        say: told how it goes, where that takes time.

    Raises:
        ScenarioError, HarnessError: when it cannot be tested here; nothing is left of it then.
    """
    if not settings.service:
        return TwinService(fixes=tuple(fix.strip() for fix in settings.fix.split(",") if fix.strip()))
    return NodeService.prepared(
        Path(settings.service),
        database=lambda: _database(settings.database, run=directory.name),
        directory=directory / SCRATCH,
        say=say,
    )


def _database(wanted: str, *, run: str) -> Database:
    return MariaDb.found() if wanted in ("", OWN_DATABASE) else RunningDatabase.at(wanted, run=run)
