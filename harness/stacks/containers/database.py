"""A database server of the run's own in a container: the official image of MariaDB or MySQL, or one of ours.

It ends with the run, and its data with it. It is published at the engine's gateway, where only this machine and its
containers reach it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shlex
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.stacks.containers.engine import engine, require_images
from harness.stacks.containers.launch import ContainerLaunch
from harness.stacks.databases.database import PORT, ROOT_PASSWORD, Login
from harness.stacks.databases.mariadb import greets

IMAGE_VARIABLE = "DATABASE_IMAGE"
"""Environment variable that names the image; the compose file has the same."""

IMAGES = ("mariadb:10.11", "pizza-chaos/database:latest")
"""What is taken where it names none: the first of these that the engine holds."""

OPTIONS = (
    "--character-set-server=utf8mb4",
    # Health checks and faults break off handshakes, after a hundred of which a host would be locked out.
    "--skip-name-resolve",
    "--innodb-buffer-pool-size=64M",
)
"""Known to MariaDB and MySQL alike."""


class ContainedDatabase:
    """A server in a container, and root at it.

    Args:
        image: what it is started from; it heeds the official images' variables.

    Cleanup: the container is a child of the run, and under its lease.
    """

    outlives_the_run = False
    users_from = "%"
    """Whence the service's user may come: from the edge."""
    users_may_all = False
    """Its user may do everything in one database, whether that is there yet or not, and nothing beside it."""

    def __init__(self, image: str) -> None:
        self.login = Login("", "pizza", secrets.token_hex(12), "pizza")
        self.address = ""
        self.version = f"of the image {image}"
        self._image = image
        self._name = f"pizza-chaos-database-{secrets.token_hex(4)}"
        self._password = secrets.token_hex(12)

    @classmethod
    def found(cls) -> ContainedDatabase:
        """Make sure of the engine and the image.

        Raises:
            HarnessError: saying what is missing, and how to get it.
        """
        with engine() as client:
            return cls(image_held(client))

    def launch(self, directory: Path) -> ContainerLaunch:  # noqa: ARG002 - its data is in the container
        """Say how to start it, empty data and all."""
        return ContainerLaunch(
            "database",
            OPTIONS,
            {"MYSQL_ROOT_PASSWORD": self._password},
            answers=self._answers,
            image=self._image,
            port=PORT,
            is_foreign=True,
            name=self._name,
        )

    def close(self) -> None:
        """Do nothing: it ends with the children of the run."""

    # Root

    @property
    def environment(self) -> Mapping[str, str]:
        """What a session needs to be let in."""
        return {ROOT_PASSWORD: self._password}

    def session(self, statements: str) -> list[str]:
        """Say how to run a session into which a shell's `statements` go, and which lasts until it is killed."""
        client = shlex.join((sys.executable, "-m", "harness.stacks.databases.speaking", self.address))
        return ["/bin/sh", "-c", f"{{ {statements}; }} | {client}"]

    async def say(self, sql: str) -> list[str]:
        """Run statements; gives the lines of what they answer.

        Raises:
            HarnessError: with the server's words, when one fails.
        """
        return await asyncio.to_thread(self._said, self.address, sql)

    # Within

    def _said(self, address: str, sql: str) -> list[str]:
        import pymysql  # noqa: PLC0415 - most runs need no driver

        from harness.stacks.databases.speaking import connected, spoken  # noqa: PLC0415 - likewise

        try:
            with closing(connected(address, password=self._password)) as connection:
                return [row for line in sql.splitlines() for row in spoken(connection, line)]
        except pymysql.MySQLError as error:
            message = f"the database did not do as it was told: {error.args[-1] if error.args else error}"
            raise HarnessError(message) from error

    def _answers(self) -> str:
        """Give its address, once the service's user is let in there."""
        with suppress(HarnessError):
            address = published_at(self._name)
            if address and greets(*_parts(address)):
                self._said(address, self._first_statements)
                self.address = address
        return self.address

    @property
    def _first_statements(self) -> str:
        # Not by the image's variables: a service makes its administrator only along with the database.
        login, who = self.login, f"'{self.login.user}'@'{self.users_from}'"
        made = f"CREATE USER IF NOT EXISTS {who} IDENTIFIED BY '{login.password}';"
        return f"{made}\nGRANT ALL ON `{login.database}`.* TO {who};"


def image_held(client: Any) -> str:  # noqa: ANN401 - docker's
    """Say which image the database is started from.

    Raises:
        HarnessError: when the engine does not hold it; nothing is fetched in the middle of a run.
    """
    import docker  # noqa: PLC0415 - only this stack needs it

    named = os.environ.get(IMAGE_VARIABLE, "")
    for image in (named,) if named else IMAGES:
        with suppress(docker.errors.ImageNotFound):
            client.images.get(image)
            return image
    image = named or IMAGES[0]
    require_images(
        client, image, builds=f"docker pull {image}; or name another in {IMAGE_VARIABLE} (docs/how-to/containers.md)"
    )
    return image


def published_at(name: str) -> str:
    """Give `host:port` at which a database in the container of this name is reached; "" before it runs."""
    import docker  # noqa: PLC0415

    with engine() as client, suppress(docker.errors.APIError):
        bound = client.containers.get(name).ports.get(f"{PORT}/tcp")
        return f"{bound[0]['HostIp']}:{bound[0]['HostPort']}" if bound else ""
    return ""


def _parts(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)
