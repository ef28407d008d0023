"""The bundled twins as applications of a simulation: the code that their processes run, on one database in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache, lru_cache
from types import SimpleNamespace
from unittest import mock

import bcrypt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from starlette.types import ASGIApp

import fake_factory.app
import fake_factory.settings
import pizza_service.app
import pizza_service.passwords
from fake_factory.pizzas import make_key
from harness.stacks.services.service import Surroundings
from harness.stacks.services.twin import BCRYPT_COST, TwinService
from harness.stacks.simulated.model import Model
from harness.stacks.simulated.runtime import SimulatedRuntime
from pizza_service.database import Database, FirstRows, Row, Statement
from pizza_service.errors import DatabaseError
from pizza_service.metrics import Load
from pizza_service.seed import prepare
from pizza_service.settings import Flaw, Push, Settings
from pizza_service.sqlite import SqliteDatabase
from pizza_service.store import Store


class SimulatedTwins:
    """Makes the applications of one run; all its tasks share one database.

    Args:
        service: the twin under test.

    Cleanup: `close`.
    """

    def __init__(self, service: TwinService) -> None:
        self._service = service
        self._database = SqliteDatabase.open(":memory:", sleep=_never)
        self._factories = itertools.count()

    async def factory(self, runtime: SimulatedRuntime) -> ASGIApp:
        """Make the factory twin; each has a key of its own, as each process has."""
        key = _signing_key(next(self._factories))
        settings = fake_factory.settings.Settings(
            vendor_key=self._service.vendor_key, admin_key=self._service.admin_key, key=key
        )
        return fake_factory.app.create_app(settings, runtime)

    async def task(self, runtime: SimulatedRuntime, *, version: str, surroundings: Surroundings) -> ASGIApp:
        """Make a task of the service twin, which runs this version of the code."""
        settings = self._settings(version, surroundings)
        session = Session(self._database, runtime)
        await prepare(session, settings, runtime, with_course=True)
        return pizza_service.app.create_app(settings, runtime, Store(session), machine=_Machine(runtime.model))

    def passwords(self) -> AbstractContextManager[object]:
        """Let each password be hashed and checked in earnest once only, for as long as the block runs.

        bcrypt is slow on purpose, a third of a whole simulation, and gives the same for the same.
        """
        remembered = SimpleNamespace(hashpw=_hashpw, checkpw=_checkpw)
        return mock.patch.object(pizza_service.passwords, "bcrypt", remembered)

    def close(self) -> None:
        """Forget the database."""
        self._database.close()

    def _settings(self, version: str, surroundings: Surroundings) -> Settings:
        service, telemetry = self._service, surroundings.telemetry_url
        return Settings(
            factory_url=surroundings.factory_url,
            factory_key=service.vendor_key,
            version=version,
            bcrypt_cost=BCRYPT_COST,
            mended=frozenset(Flaw) if "all" in service.fixes else frozenset(map(Flaw, service.fixes)),
            metrics=Push(f"{telemetry}/otlp/v1/metrics", "1:pizza"),
            logs=Push(f"{telemetry}/loki/api/v1/push", "1:pizza"),
            push_interval=service.push_interval,
        )


class Session:
    """One task's way to the database: each statement takes its time, and the end of the task ends it.

    A killed process leaves its work half done. So a task that was killed can undo nothing either: it has no database
    any more, whatever its code still tries.
    """

    def __init__(self, database: Database, runtime: SimulatedRuntime) -> None:
        self._database = database
        self._runtime = runtime

    @property
    def host(self) -> str:
        """Where the database is."""
        return self._database.host

    async def create(self, first_rows: Callable[[], FirstRows]) -> bool:
        """Make the tables and their first rows; False when they are there already."""
        return await self._database.create(first_rows)

    async def rows(self, sql: str, *values: object) -> list[Row]:
        """Read rows."""
        await self._take_time()
        return await self._database.rows(sql, *values)

    async def insert(self, table: str, values: Mapping[str, object]) -> int:
        """Write a row and return its id."""
        await self._take_time()
        return await self._database.insert(table, values)

    async def update(self, table: str, values: Mapping[str, object], *, row_id: float) -> None:
        """Change a row."""
        await self._take_time()
        await self._database.update(table, values, row_id=row_id)

    async def change(self, *statements: Statement) -> None:
        """Run statements in one transaction."""
        await self._take_time()
        await self._database.change(*statements)

    async def _take_time(self) -> None:
        runtime = self._runtime
        if runtime.is_alive:
            await runtime.sleep(runtime.pace(runtime.model.statement))
        if not runtime.is_alive:
            message = "Can't add new command when connection is in closed state"
            raise DatabaseError(message)


class _Machine:
    """A machine whose gauges stand where the model says."""

    def __init__(self, model: Model) -> None:
        self._load = Load(cpu_percent=model.cpu_percent, memory_percent=model.memory_percent)

    def load(self) -> Load:
        """Read the gauges."""
        return self._load


async def _never(_seconds: float) -> None:
    message = "a database in memory has one connection, which nobody can find locked"
    raise AssertionError(message)


@cache
def _signing_key(_number: int) -> RSAPrivateKey:
    # Making one takes a tenth of a second; which one it is shows nowhere in a history.
    return make_key(fake_factory.settings.Settings().key_bits)


_hashpw = lru_cache(maxsize=4096)(bcrypt.hashpw)
_checkpw = lru_cache(maxsize=4096)(bcrypt.checkpw)
