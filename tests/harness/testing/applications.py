"""Small ASGI applications, and one request to them."""

# ruff: noqa: TID251 - on a virtual loop sleeping takes no time

from __future__ import annotations

import asyncio
from typing import Any

from harness.ingress.records import Address
from harness.testing import Network, Request

HERE = Address("127.0.0.1", 3000)
GET = Request("GET", b"/a%20b?c=d", [(b"host", b"pizza.test")])
POST = Request("POST", b"/", [], b"cheese")


def now() -> float:
    return asyncio.get_running_loop().time()


async def reply(send: Any, body: bytes, *, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"x-who", b"me")]})
    await send({"type": "http.response.body", "body": body})


async def echo(_scope: Any, receive: Any, send: Any) -> None:
    """Send back what was sent."""
    await reply(send, (await receive())["body"])


class Slow:
    """Thinks for ten seconds, and keeps a diary."""

    def __init__(self) -> None:
        self.diary: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await receive()
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            self.diary.append(f"cancelled at {now():g}")
            raise
        self.diary.append(f"done at {now():g}")
        await reply(send, b"at last")


async def halting(_scope: Any, _receive: Any, send: Any) -> None:
    """Send a piece each second, three in all."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in (b"one ", b"two ", b"three"):
        await send({"type": "http.response.body", "body": piece, "more_body": piece != b"three"})
        await asyncio.sleep(1)


async def ask(network: Network, request: Request = GET) -> tuple[int, bytes]:
    exchange = await network.connect(HERE).ask(request)
    return exchange.status, await exchange.read()
