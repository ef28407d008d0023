"""The bundled twins as applications of a simulation: the code that their processes run, on one database in memory."""

from __future__ import annotations

import itertools
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from functools import cache
from hashlib import blake2b
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest import mock

from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import fake_factory.app
import fake_factory.settings
import pizza_service.app
import pizza_service.passwords
from fake_factory.javascript import parse_json
from fake_factory.pizzas import BadPizza, Signer, _base64, make_key
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

Result = TypeVar("Result")
Work = Coroutine[Any, Any, Result]
"""A statement that has not begun."""


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
        settings = fake_factory.settings.Settings(
            vendor_key=self._service.vendor_key, admin_key=self._service.admin_key
        )
        app = fake_factory.app.create_app(settings, runtime, signer=QuickSigner(next(self._factories)))
        mounted = app.routes[0]
        assert isinstance(mounted, Mount), "a factory is one application, mounted at the root"
        return _short_cut(app, to=mounted.app)

    async def task(self, runtime: SimulatedRuntime, *, version: str, surroundings: Surroundings) -> ASGIApp:
        """Make a task of the service twin, which runs this version of the code."""
        settings = self._settings(version, surroundings)
        session = Session(self._database, runtime)
        await prepare(session, settings, runtime, with_course=True)
        app = pizza_service.app.create_app(settings, runtime, Store(session), machine=_Machine(runtime.model))
        return _short_cut(app, to=_on_account(app.router.default, runtime))

    def passwords(self) -> AbstractContextManager[object]:
        """Let passwords be hashed by something quick for as long as the block runs: bcrypt is slow on purpose."""
        quick = SimpleNamespace(hashpw=_hashpw, checkpw=_checkpw)
        return mock.patch.object(pizza_service.passwords, "bcrypt", quick)

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


class QuickSigner(Signer):
    """Signs as long as RSA does, and in a hundredth of the time: a model of signing, safe from nobody.

    A pizza is still good where this factory made it as it is, and nowhere else; who reads the published key to check
    one for himself would find every pizza bad, which in a simulation nobody does.

    Args:
        number: tells one factory's signature from another's.
    """

    def __init__(self, number: int) -> None:
        self._secret = b"factory-%d" % number
        self.key_id = _base64(blake2b(self._secret, digest_size=32).digest())
        self._parts = fake_factory.settings.Settings().key_bits // 8 // 64

    @property
    def key_set(self) -> dict[str, object]:
        """A public key as a JSON Web Key Set; making one takes as long as a virtual minute, so it waits to be asked."""
        published = _any_signer().key_set["keys"]
        assert isinstance(published, list)
        return {"keys": [{**published[0], "kid": self.key_id}]}

    def signature(self, signed: bytes) -> bytes:
        """Sign the first two parts of a token."""
        return blake2b(signed, digest_size=64, key=self._secret).digest() * self._parts

    def read(self, pizza: object) -> object:
        """Give what a pizza says.

        Raises:
            BadPizza: it is not a token, or not one that this factory signed.
        """
        if not isinstance(pizza, str) or not pizza.isascii():
            raise BadPizza(f"a pizza is a token, not {pizza!r}")
        signed, _, signature = pizza.rpartition(".")
        if _base64(self.signature(signed.encode())) != signature:
            raise BadPizza("Signature verification failed")
        return parse_json(urlsafe_b64decode(signed.partition(".")[2] + "==").decode())


class Session:
    """One task's way to the database: each statement takes its time, and the end of the task ends it.

    A killed process leaves its work half done. So a task that was killed can undo nothing either: it has no database
    any more, whatever its code still tries.
    """

    def __init__(self, database: Database, runtime: SimulatedRuntime) -> None:
        self._database = database
        self._runtime = runtime
        self._least = runtime.model.statement

    @property
    def host(self) -> str:
        """Where the database is."""
        return self._database.host

    async def create(self, first_rows: Callable[[], FirstRows]) -> bool:
        """Make the tables and their first rows; False when they are there already."""
        return await self._database.create(first_rows)

    def rows(self, sql: str, *values: object) -> Work[list[Row]]:
        """Read rows."""
        return self._paid(self._database.rows(sql, *values))

    def insert(self, table: str, values: Mapping[str, object]) -> Work[int]:
        """Write a row and return its id."""
        return self._paid(self._database.insert(table, values))

    def update(self, table: str, values: Mapping[str, object], *, row_id: float) -> Work[None]:
        """Change a row."""
        return self._paid(self._database.update(table, values, row_id=row_id))

    def change(self, *statements: Statement) -> Work[None]:
        """Run statements in one transaction."""
        return self._paid(self._database.change(*statements))

    def _paid(self, work: Work[Result]) -> Work[Result]:
        return work if self._runtime.owe(self._least) else self._paid_at_once(work)

    async def _paid_at_once(self, work: Work[Result]) -> Result:
        runtime = self._runtime
        try:
            if runtime.is_alive:
                await runtime.sleep(runtime.pace(self._least))
            if not runtime.is_alive:
                message = "Can't add new command when connection is in closed state"
                raise DatabaseError(message)
        except BaseException:
            work.close()
            raise
        return await work


def _short_cut(app: ASGIApp, *, to: ASGIApp) -> ASGIApp:
    """Take requests straight to the one that answers all of them: Starlette's layers above it do nothing here.

    They would answer an exception with status 500 and pass it on, as `Exchange.serve` does.
    """

    def application(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return (to if scope["type"] == "http" else app)(scope, receive, send)

    return application


def _on_account(app: ASGIApp, runtime: SimulatedRuntime) -> ASGIApp:
    """Let the work that requests cause be paid for before anybody hears of it."""

    def application(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        async def settle_and_send(message: Message) -> None:
            await runtime.settle()
            await send(message)

        runtime.open_account()
        return app(scope, receive, lambda message: settle_and_send(message) if runtime.owes else send(message))

    return application


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
def _any_signer() -> Signer:
    return Signer(make_key(_QUICK_KEY_BITS))


_QUICK_KEY_BITS = 1024
"""Of the key that is published in a simulation, where nobody checks a signature with it."""

_SALT_BYTES = len("$2b$04$") + 22


def _hashpw(password: bytes, salt: bytes) -> bytes:
    """Hash a password into the shape of a bcrypt hash: 31 characters after its salt."""
    salt = salt[:_SALT_BYTES]
    return salt + urlsafe_b64encode(blake2b(password, digest_size=24, key=salt).digest())[:31]


def _checkpw(password: bytes, hashed: bytes) -> bool:
    return _hashpw(password, hashed) == hashed
