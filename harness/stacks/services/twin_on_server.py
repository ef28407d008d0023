"""The bundled twin on a MySQL or MariaDB server, as the real service runs: started by the run, or running already."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from harness.errors import HarnessError
from harness.stacks.children import Launch
from harness.stacks.databases.database import PORT, Database
from harness.stacks.services.service import Companion, Surroundings
from harness.stacks.services.twin import TwinService
from pizza_service.server import PASSWORD_VARIABLE

DROPS_WITHIN_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinOnServer(TwinService):
    """The pizza service that comes with the harness, its data in a server.

    Cleanup: `close`, once its tasks have ended, drops its database where that would stay, and removes the data where
    it is the run's.
    """

    database: Database
    """Where it keeps its data."""
    directory: Path
    """Where the data is of a server that the run starts."""
    launch: Launch | None
    """How to start that; None for one that runs already."""

    @classmethod
    def prepared(cls, *, fixes: tuple[str, ...], database: Database, directory: Path) -> Self:
        """Make one, with the empty data of a server that the run starts, which takes a while.

        Raises:
            HarnessError: when that cannot be made; nothing is left of it then.
        """
        versions: Mapping[str, str] = {"database": database.version}
        try:
            launch = database.launch(directory)
            return cls(fixes=fixes, database=database, directory=directory, launch=launch, versions=versions)
        except BaseException:
            database.close()
            shutil.rmtree(directory, ignore_errors=True)
            raise

    def companions(self) -> tuple[Companion, ...]:
        """Say how to start its database, and where that is sought: at a link, which faults can hurt."""
        at, address = f"{self.database.login.host}:{PORT}", self.database.address
        return (Companion("database", address, at if at != address else "", self.launch),)

    def task(self, name: str, *, version: str, surroundings: Surroundings) -> Launch:
        """Say how to start a service twin; all tasks share one database."""
        launch = TwinService.task(self, name, version=version, surroundings=surroundings)
        return replace(launch, environment={PASSWORD_VARIABLE: self.database.login.password})

    def database_for(self, surroundings: Surroundings) -> str:  # noqa: ARG002 - a file needs them
        """Say where a task keeps its data."""
        login = self.database.login
        return f"mysql://{login.user}@{login.host}:{PORT}/{login.database}"

    def close(self) -> None:
        """Drop its database where that would stay, or remove the server's data.

        Raises:
            HarnessError: when it cannot be dropped.
        """
        try:
            if self.database.outlives_the_run:
                self._drop()
        finally:
            self.database.close()
            shutil.rmtree(self.directory, ignore_errors=True)

    def _drop(self) -> None:
        import pymysql  # noqa: PLC0415 - most runs need no driver

        # Not through the link, which is closed by then.
        login, (host, _, port) = self.database.login, self.database.address.rpartition(":")
        try:
            with closing(
                pymysql.connect(
                    host=host,
                    port=int(port),
                    user=login.user,
                    password=login.password,
                    connect_timeout=DROPS_WITHIN_SECONDS,
                    read_timeout=DROPS_WITHIN_SECONDS,
                )
            ) as connection:
                connection.query(f"DROP DATABASE IF EXISTS `{login.database}`")
        except pymysql.MySQLError as error:
            message = f"the database {login.database} could not be dropped: {error.args[-1]}. Drop it."
            raise HarnessError(message) from error
