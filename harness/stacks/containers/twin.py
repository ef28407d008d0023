"""The bundled twins of service and factory, each in a container of its own image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from harness.stacks.children import Launch
from harness.stacks.containers.engine import engine, require_images
from harness.stacks.containers.launch import contained
from harness.stacks.databases.database import PORT, Database
from harness.stacks.services.service import Companion, Surroundings
from harness.stacks.services.twin import TwinService
from harness.stacks.services.twin_on_server import TwinOnServer

SERVICE_IMAGE = "pizza-chaos/service:latest"
FACTORY_IMAGE = "pizza-chaos/factory:latest"


@dataclass(frozen=True, slots=True)
class ContainedTwin(TwinService):
    """The pizza service that comes with the harness, in containers."""

    @classmethod
    def prepared(cls, *, fixes: tuple[str, ...]) -> ContainedTwin:
        """Make sure that an engine answers and holds both images.

        Raises:
            HarnessError: saying what is missing, and how to get it.
        """
        _require_twins()
        return cls(fixes=fixes)

    def factory(self) -> Launch:
        """Say how to start the factory twin."""
        return _factory(self)

    def task(self, name: str, *, version: str, surroundings: Surroundings) -> Launch:
        """Say how to start a service twin; all tasks share one SQLite file, in the run's directory."""
        launch = TwinService.task(self, name, version=version, surroundings=surroundings)
        return contained(launch, image=SERVICE_IMAGE, port=3000, folders=(surroundings.directory.resolve(),))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainedTwinOnServer(TwinOnServer):
    """The same with its data in a server: in a container of its own, on this machine, or running already."""

    @classmethod
    def prepared(cls, *, fixes: tuple[str, ...], database: Database, directory: Path) -> Self:
        """Make sure of engine and images, too; see TwinOnServer.prepared."""
        try:
            _require_twins()
        except BaseException:
            database.close()
            raise
        return super(ContainedTwinOnServer, cls).prepared(fixes=fixes, database=database, directory=directory)

    def factory(self) -> Launch:
        """Say how to start the factory twin."""
        return _factory(self)

    def companions(self) -> tuple[Companion, ...]:
        """Say how to start its database, and that it is sought at the edge, wherever that is."""
        return tuple(replace(each, sought_at=f":{PORT}") for each in TwinOnServer.companions(self))

    def task(self, name: str, *, version: str, surroundings: Surroundings) -> Launch:
        """Say how to start a service twin; all tasks share one database."""
        launch = TwinOnServer.task(self, name, version=version, surroundings=surroundings)
        return contained(launch, image=SERVICE_IMAGE, port=3000)

    def database_for(self, surroundings: Surroundings) -> str:
        """Say where a task keeps its data: behind a link at the edge."""
        login, edge = self.database.login, urlsplit(surroundings.factory_url).hostname
        return f"mysql://{login.user}@{edge}:{PORT}/{login.database}"


def _require_twins() -> None:
    with engine() as client:
        require_images(client, SERVICE_IMAGE, FACTORY_IMAGE)


def _factory(service: TwinService) -> Launch:
    return contained(TwinService.factory(service), image=FACTORY_IMAGE, port=4000)
