"""The factory in this process, on a clock of its own."""

import asyncio
import random
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
from starlette.applications import Starlette

from fake_factory.app import create_app
from fake_factory.factory import Event
from fake_factory.settings import Settings

START = datetime(2024, 12, 1, 12, 24, tzinfo=UTC).timestamp()
"""05:24 in MST: when the incident began."""

VENDOR = {"Authorization": "Bearer local-vendor-key"}
ADMIN = {"Authorization": "Bearer local-admin-key"}


class FakeRuntime:
    """Its sleeps pass at once and move its own clock."""

    def __init__(self) -> None:
        self.random = random.Random(7)
        self.time = START
        self.slept: list[float] = []
        self._ids = iter(range(1, 100))

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def new_id(self) -> str:
        return f"{next(self._ids):032x}"


class Twin:
    """A factory in this process, and a client that talks to it."""

    def __init__(self, settings: Settings, *, base_url: str = "http://factory.test:4000") -> None:
        self.runtime = FakeRuntime()
        self.events: list[Event] = []
        self.app: Starlette = create_app(settings, self.runtime, on_event=self.events.append)
        self._base_url = base_url

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        content: str | bytes | None = None,
    ) -> httpx.Response:
        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url, trust_env=False) as client:
                return await client.request(method, path, headers=headers, json=json, content=content)

        return asyncio.run(exchange())

    def order(self, *, count: int = 1, headers: Mapping[str, str] = VENDOR) -> httpx.Response:
        return self.send("POST", "/api/order", headers=headers, json=an_order(count))

    def start_chaos(self, kind: str) -> None:
        reply = self.send("PUT", f"/api/vendor/chaos/{kind}", headers=VENDOR)
        assert (reply.status_code, reply.json()) == (200, {"message": "Chaos initiated"})

    def fix_code(self) -> str:
        vendor = self.send("GET", "/api/admin/vendors", headers=ADMIN).json()[0]
        code = vendor["chaos"]["fixCode"]
        assert isinstance(code, str)
        return code


def an_order(count: int = 1) -> dict[str, object]:
    items = [{"menuId": 1, "description": "Veggie", "price": 0.0038}] * count
    diner = {"id": 719, "name": "常用名字", "email": "j@jwt.com"}
    return {"diner": diner, "order": {"items": items, "storeId": "5", "franchiseId": 4, "id": 278}}
