"""The bundled twins of service and factory, each in a container of its own image."""

from __future__ import annotations

from dataclasses import dataclass

from harness.stacks.children import Launch
from harness.stacks.containers.engine import engine, require_images
from harness.stacks.containers.launch import contained
from harness.stacks.services.service import Surroundings
from harness.stacks.services.twin import TwinService

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
        with engine() as client:
            require_images(client, SERVICE_IMAGE, FACTORY_IMAGE)
        return cls(fixes=fixes)

    def factory(self) -> Launch:
        """Say how to start the factory twin."""
        return contained(TwinService.factory(self), image=FACTORY_IMAGE, port=4000)

    def task(self, name: str, *, version: str, surroundings: Surroundings) -> Launch:
        """Say how to start a service twin; all tasks share one SQLite file, in the run's directory."""
        launch = TwinService.task(self, name, version=version, surroundings=surroundings)
        return contained(launch, image=SERVICE_IMAGE, port=3000, folders=(surroundings.directory.resolve(),))
