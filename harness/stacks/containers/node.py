"""A checkout of one's own in containers: its copy and its modules are this machine's, Node is the image's.

Its tasks find the factory, the telemetry and the database behind links of the run's edge, the database's at port 3306,
for that is where a pizza service looks.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from harness.stacks.children import Launch
from harness.stacks.containers.engine import engine, gateway, require_images
from harness.stacks.containers.launch import ContainerLaunch, contained
from harness.stacks.containers.twin import FACTORY_IMAGE
from harness.stacks.databases.database import PORT, Database, Login
from harness.stacks.services.node.service import CONFINE, NodeService
from harness.stacks.services.service import Companion, Surroundings

NODE_IMAGE = "pizza-chaos/node:latest"
"""Any image with a shell and Node 18 or newer on glibc, for this machine's npm has installed the modules."""

# A shell that is a container's first process hears no signal unless it says so; `npm start` would do the same.
_START = """trap 'trap - TERM; kill 0' TERM
cd {copy} && export PATH="$PWD/node_modules/.bin:$PATH" && {start} "$2" 1>&2 &
wait $!"""


class ContainedNode(NodeService):
    """A checkout under test, each of its tasks in a container."""

    home = ""
    """The address at which its containers reach all that they need: the edge's, once that is known."""

    @classmethod
    def prepared(
        cls, path: Path, *, database: Callable[[], Database], directory: Path, say: Callable[[str], None]
    ) -> ContainedNode:
        """Make sure of the engine and its images, copy the checkout aside and install what it needs.

        Raises:
            ScenarioError, HarnessError: when it cannot be run here; nothing is left of it then.
        """
        with engine() as client:
            require_images(client, FACTORY_IMAGE)
            require_images(client, NODE_IMAGE, builds="containers/base_image.sh pizza-chaos/node nodejs")
            host = gateway(client)
        made = super().prepared(path, database=database, directory=directory, say=say)
        made.host = host
        return made

    @property
    def versions(self) -> Mapping[str, str]:
        """What is tested, and what that runs on."""
        return {**super().versions, "node": f"of the image {NODE_IMAGE}"}

    def factory(self) -> Launch:
        """Say how to start the factory twin."""
        return contained(super().factory(), image=FACTORY_IMAGE, port=4000)

    def companions(self) -> tuple[Companion, ...]:
        """Say how to start its database, and that it is sought at the edge, wherever that is."""
        return tuple(replace(companion, sought_at=f":{PORT}") for companion in super().companions())

    def task(self, name: str, *, version: str, surroundings: Surroundings) -> Launch:
        """Say how to start one container of it; it listens at a port that it also has on this machine."""
        self.home = urlsplit(surroundings.factory_url).hostname or ""
        launch = super().task(name, version=version, surroundings=surroundings)
        port, copy = launch.environment["PORT"], self._copy.resolve()
        script = _START.format(copy=shlex.quote(str(copy)), start=self._checkout.start.script)
        confined = {"PIZZA_CHAOS_LISTEN": "0.0.0.0", "NODE_OPTIONS": f"--require {CONFINE}"}  # noqa: S104 - inside
        return ContainerLaunch(
            name,
            ["sh", "-c", script, "sh", "--port", port],
            {**launch.environment, **confined},
            answers=launch.answers,
            image=NODE_IMAGE,
            folders=(self._directory.resolve(), self._modules.resolve().parent, CONFINE.parent),
        )

    @property
    def _login(self) -> Login:
        return replace(super()._login, host=self.home)

    def _variables(self, surroundings: Surroundings) -> dict[str, str]:
        return {**super()._variables(surroundings), "PIZZA_CHAOS_EDGE": self.home}
