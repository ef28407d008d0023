"""A pizza service to test: virtual time, a database that can be in trouble, a factory that can misbehave."""

import asyncio
import json
import random
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import Any, TypeVar

import httpx
from starlette.applications import Starlette

from pizza_service.app import create_app
from pizza_service.database import Database, FirstRows, Row, Statement
from pizza_service.errors import DatabaseError
from pizza_service.metrics import Load
from pizza_service.runtime import HttpClient
from pizza_service.seed import prepare
from pizza_service.settings import Flaw, Settings
from pizza_service.sqlite import SqliteDatabase
from pizza_service.store import Store
from pizza_service.telemetry import push_forever

T = TypeVar("T")

STARTED_AT = 1_733_055_840.25
"""2024-12-01T12:24:00.250Z: the morning of the incident."""
SETTINGS = Settings(
    factory_url="http://factory.test",
    factory_key="vendor-key",
    jwt_secret="a secret that only these tests know",
    bcrypt_cost=4,
    instance="task-1",
)
GOOD_PIZZA = "good.pizza.jwt"
SERVER_ANSWERS_WITHIN_SECONDS = 5.0

Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]


class _Jumping(selectors.DefaultSelector):
    """Where a loop would wait, time jumps, but not while a server is asked, which answers in its own time."""

    now = 0.0
    asked = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.asked and timeout != 0 and (ready := super().select(SERVER_ANSWERS_WITHIN_SECONDS)):
            return ready
        if timeout is None:
            raise RuntimeError("everybody waits for something that no one will do")
        self.now += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on which waiting takes no time."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)
        # Finer than a float can tell apart after a year, and a timer would never be due.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._jumping.now

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Let no time pass while a server is asked."""
        self._jumping.asked += 1
        try:
            yield
        finally:
            self._jumping.asked -= 1


class VirtualRuntime:
    """Time, chance and the network of a test."""

    def __init__(self, loop: asyncio.AbstractEventLoop, answer: Answer) -> None:
        self._loop = loop
        self._answer = answer
        self.random = random.Random(1)
        self.clients: list[httpx.AsyncClient] = []

    def now(self) -> float:
        return STARTED_AT + self.monotonic()

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)  # noqa: TID251 - on a loop where it takes no time

    def new_id(self) -> str:
        return f"id-{self.random.getrandbits(32)}"

    def http(self, *, timeout_seconds: float | None) -> HttpClient:
        async def answer(request: httpx.Request) -> httpx.Response:
            if request.url.scheme not in ("http", "https"):  # what a real transport says
                raise httpx.UnsupportedProtocol("no scheme", request=request)
            try:
                async with asyncio.timeout(timeout_seconds):
                    return await self._answer(request)
            except TimeoutError:
                raise httpx.ReadTimeout("silence", request=request) from None

        client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        self.clients.append(client)
        return client


class Upstream:
    """The factory and the telemetry sinks, as they were asked and as they answer."""

    def __init__(self) -> None:
        self.orders: list[httpx.Request] = []
        self.verifications: list[httpx.Request] = []
        self.pushes: list[httpx.Request] = []
        self.make: Answer = answer_with(200, {"jwt": GOOD_PIZZA})
        self.take: Answer = answer_with(200, {})

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "factory.test":
            self.pushes.append(request)
            return await self.take(request)
        if request.url.path == "/api/order/verify":
            self.verifications.append(request)
            is_good = json.loads(request.content) == {"jwt": GOOD_PIZZA}
            return httpx.Response(200 if is_good else 403, json={"message": "valid" if is_good else "invalid"})
        self.orders.append(request)
        return await self.make(request)

    def pushed(self, host: str) -> list[Any]:
        return [json.loads(push.content) for push in self.pushes if push.url.host == host]


def answer_with(status: int, body: object) -> Answer:
    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body) if not isinstance(body, str) else httpx.Response(status, text=body)

    return answer


def fail_with(error: httpx.HTTPError) -> Answer:
    async def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


async def say_nothing(_: httpx.Request) -> httpx.Response:
    await asyncio.sleep(100_000)  # noqa: TID251 - on a loop where it takes no time
    raise AssertionError("nobody waits that long")


class HalfABody(httpx.AsyncByteStream):
    """A body that breaks off."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"jwt":'
        raise httpx.ReadError("the connection is gone")


class TroubledDatabase:
    """A database that fails with a message while there is one.

    Args:
        inner: The database when it is in no trouble.
        asking: What holds the time while it is asked.
    """

    def __init__(self, inner: Database, *, asking: Callable[[], AbstractContextManager[None]]) -> None:
        self._inner = inner
        self._asking = asking
        self.host = inner.host
        self.trouble: str | None = None

    @contextmanager
    def _asked(self) -> Iterator[Database]:
        if self.trouble is not None:
            raise DatabaseError(self.trouble)
        with self._asking():
            yield self._inner

    async def create(self, first_rows: Callable[[], FirstRows]) -> bool:
        with self._asked() as inner:
            return await inner.create(first_rows)

    async def rows(self, sql: str, *values: object) -> list[Row]:
        with self._asked() as inner:
            return await inner.rows(sql, *values)

    async def insert(self, table: str, values: Mapping[str, object]) -> int:
        with self._asked() as inner:
            return await inner.insert(table, values)

    async def update(self, table: str, values: Mapping[str, object], *, row_id: float) -> None:
        with self._asked() as inner:
            await inner.update(table, values, row_id=row_id)

    async def change(self, *statements: Statement) -> None:
        with self._asked() as inner:
            await inner.change(*statements)

    def close(self) -> None:
        if isinstance(self._inner, SqliteDatabase):
            self._inner.close()


class Idle:
    """A machine with nothing to do."""

    def load(self) -> Load:
        return Load(cpu_percent=12.5, memory_percent=25.0)


class Site:
    """A running service with the course's data, and a browser in front of it.

    Args:
        settings: The service's.
        fix: A flaw that is mended.
        server: A new database in a server; without it the data is in memory.
    """

    def __init__(
        self, settings: Settings = SETTINGS, *, fix: Flaw | None = None, server: Database | None = None
    ) -> None:
        self._runner = asyncio.Runner(loop_factory=VirtualLoop)
        self.settings = replace(settings, mended=frozenset({fix} if fix else ()))
        self.upstream = Upstream()
        loop = self._runner.get_loop()
        assert isinstance(loop, VirtualLoop)
        self.runtime = VirtualRuntime(loop, self.upstream)
        self.database = TroubledDatabase(
            server or SqliteDatabase.open(":memory:", sleep=self.runtime.sleep),
            asking=loop.asking if server else nullcontext,
        )
        self.run(prepare(self.database, self.settings, self.runtime, with_course=True))
        self.app: Starlette = create_app(self.settings, self.runtime, Store(self.database), machine=Idle())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def close(self) -> None:
        self.database.close()
        self._runner.close()

    def ask(
        self, method: str, path: str, body: object = ..., *, token: str | None = None, **more: Any
    ) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not ...:
            more["json"] = body
        return self.run(self._ask(method, path, headers=headers, **more))

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pizza.test") as client:
            return await client.request(method, path, **more)

    def sign_in(self, email: str = "d@jwt.com", password: str = "diner") -> str:
        reply = self.ask("PUT", "/api/auth", {"email": email, "password": password})
        assert reply.status_code == 200, reply.text
        return str(reply.json()["token"])

    def sign_in_admin(self) -> str:
        return self.sign_in("a@jwt.com", "admin")

    def sign_in_franchisee(self) -> str:
        return self.sign_in("f@jwt.com", "franchisee")

    def order(self, token: str, *menu_ids: int, price: float = 0.05) -> httpx.Response:
        items = [{"menuId": menu_id, "description": "Veggie", "price": price} for menu_id in menu_ids or (1,)]
        return self.ask("POST", "/api/order", {"franchiseId": 1, "storeId": 1, "items": items}, token=token)

    def rows(self, table: str) -> list[Row]:
        return self.run(self.database.rows(f"SELECT * FROM {table}"))

    def wait(self, seconds: float) -> None:
        self.run(self.runtime.sleep(seconds))

    def push_for(self, seconds: float) -> None:
        """Let the push loop run for a while."""

        async def push() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await push_forever(self.app.state.telemetry)

        self.run(push())
