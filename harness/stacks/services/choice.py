"""Which service is tested: the one that the settings name, or the bundled twin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.settings import CONTAINED_DATABASE, OWN_DATABASE, Settings
from harness.stacks.attached.system import AttachedSystem
from harness.stacks.containers.database import ContainedDatabase
from harness.stacks.containers.node import ContainedNode
from harness.stacks.containers.twin import ContainedTwin, ContainedTwinOnServer
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
            twin = ContainedTwinOnServer if settings.stack == "containers" else TwinOnServer
            database = _database(settings, run=directory.name)
            return twin.prepared(fixes=fixes, database=database, directory=directory / SCRATCH)
        return ContainedTwin.prepared(fixes=fixes) if settings.stack == "containers" else TwinService(fixes=fixes)
    kind = ContainedNode if settings.stack == "containers" else NodeService
    return kind.prepared(
        Path(settings.service),
        database=lambda: _database(settings, run=directory.name),
        directory=directory / SCRATCH,
        say=say,
    )


def database_troubles(service: ServiceUnderTest, *, directory: Path) -> DatabaseTroubles:
    """Give whoever can hurt the database of a service; one that the run did not start is not ours to hurt.

    Args:
        service: whose database it is.
        directory: the run's own.
    """
    if isinstance(service, NodeService | TwinOnServer):
        server = service.database
        if isinstance(server, MariaDb):
            administrator = Administrator(server.data_in(service.directory))
            return DatabaseTroubles(ServerTroubles(server, administrator=administrator))
        return DatabaseTroubles(
            ServerTroubles(server, administrator=server) if isinstance(server, ContainedDatabase) else None
        )
    if isinstance(service, TwinService):
        return DatabaseTroubles(SqliteTroubles(directory / DATABASE_FILE))
    return DatabaseTroubles(None)


def _database(settings: Settings, *, run: str) -> Database:
    wanted = settings.database or (CONTAINED_DATABASE if settings.stack == "containers" else OWN_DATABASE)
    if wanted == CONTAINED_DATABASE:
        return ContainedDatabase.found()
    return MariaDb.found() if wanted == OWN_DATABASE else RunningDatabase.at(wanted, run=run)
