"""A control API without a socket of its own, and the links behind it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx

from harness.links import Links, control_app

Call = Callable[[httpx.AsyncClient, Links], Coroutine[Any, Any, None]]

UPSTREAM = "127.0.0.1:9"
"""Nobody is called there by these tests."""


@contextlib.asynccontextmanager
async def controlled(*, token: str = "", permit: Callable[[str], object] = lambda _: None) -> AsyncIterator[Any]:
    """Give a client of the API, and the links."""
    async with Links(permit=permit) as links:
        transport = httpx.ASGITransport(app=control_app(links, token=token))
        async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
            yield client, links


def calling(call: Call) -> Callable[[], None]:
    """Run a test that calls the API."""

    async def story() -> None:
        async with controlled() as (client, links):
            await asyncio.wait_for(call(client, links), 10)

    def test() -> None:
        asyncio.run(story())

    return test


async def made(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """Make a proxy and give what the API says of it."""
    body = {"name": "factory", "listen": "127.0.0.1:0", "upstream": UPSTREAM, **fields}
    reply = await client.post("/proxies", json=body)
    assert reply.status_code == 201, reply.text
    answer: dict[str, Any] = reply.json()
    return answer


def refused(reply: httpx.Response, status: int, message: str) -> bool:
    """Say whether a reply is a refusal as Toxiproxy writes it: JSON that calls itself text."""
    assert reply.status_code == status, reply.text
    assert reply.json() == {"error": message, "status": status}
    assert reply.text.endswith("}\n")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["x-content-type-options"] == "nosniff"
    return True
