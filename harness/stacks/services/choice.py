"""Which service is tested: the one that the settings name, or the bundled twin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.settings import OWN_DATABASE, Settings
from harness.stacks.attached.system import AttachedSystem
from harness.stacks.containers.node import ContainedNode
from harness.stacks.containers.twin import ContainedTwin
from harness.stacks.database_troubles import DatabaseTroubles
from harness.stacks.databases.administrator import Administrator
from harness.stacks.databases.database import Database
from harness.stacks.databases.mariadb import MariaDb
from harness.stacks.databases.running import RunningDatabase
from harness.stacks.databases.server_troubles import ServerTroubles
from harness.stacks.databases.sqlite_troubles import SqliteTroubles
from harness.stacks.heal import SCRATCH
from harness.stacks.services.node.service import NodeService
from harness.stacks.services.service import ServiceUnderTest
from harness.stacks.services.twin import DATABASE_FILE, TwinService
from harness.stacks.services.twin_on_server import TwinOnServer


def service_under_test(settings: Settings, *, directory: Path, say: Callable[[str], None]) -> ServiceUnderTest:
    """Give the service that the settings name, ready to be started; what takes long is done now, before time begins.

    Args:
        settings: `service`, or `fix` for the twin; `database` of either.
        directory: the run's own.
        say: told how it goes, where that takes time.

    Raises:
        ScenarioError, HarnessError: when it cannot be tested here; nothing is left of it then.
    """
    if settings.stack == "attached":
        return AttachedSystem.found(settings)
    if not settings.service:
        fixes = tuple(fix.strip() for fix in settings.fix.split(",") if fix.strip())
        if settings.database:
            database = _database(settings.database, run=directory.name)
            return TwinOnServer.prepared(fixes=fixes, database=database, directory=directory / SCRATCH)
        return ContainedTwin.prepared(fixes=fixes) if settings.stack == "containers" else TwinService(fixes=fixes)
    kind = ContainedNode if settings.stack == "containers" else NodeService
    return kind.prepared(
        Path(settings.service),
        database=lambda: _database(settings.database, run=directory.name),
        directory=directory / SCRATCH,
        say=say,
    )


def database_troubles(service: ServiceUnderTest, *, directory: Path) -> DatabaseTroubles:
    """Give whoever can hurt the database of a service; one that the run did not start is not ours to hurt.

    Args:
        service: whose database it is.
        directory: the run's own.
    """
    if isinstance(service, NodeService | TwinOnServer) and isinstance(service.database, MariaDb):
        server = service.database
        administrator = Administrator(server.data_in(service.directory))
        return DatabaseTroubles(ServerTroubles(server.login, administrator=administrator, address=server.address))
    if isinstance(service, TwinService) and not isinstance(service, TwinOnServer):
        return DatabaseTroubles(SqliteTroubles(directory / DATABASE_FILE))
    return DatabaseTroubles(None)


def _database(wanted: str, *, run: str) -> Database:
    return MariaDb.found() if wanted in ("", OWN_DATABASE) else RunningDatabase.at(wanted, run=run)
