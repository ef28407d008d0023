"""The load balancer of a simulation: the manners of harness/ingress/forwarding.py, without httpx.

An httpx request costs as much as all that a service does about it (facts, simulation.md, section 1), and in memory
nothing of it is needed: no connection is ever used twice, so none can be found closed.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence

from harness.ingress.balancer import IDLE_TIMEOUT
from harness.ingress.forwarding import FORWARDED, Message, Receive, Scope, Send, forwarded, passed_on, say
from harness.ingress.records import Address
from harness.testing import Application, Exchange, HangUp, Network, Request

IDLE_SECONDS = IDLE_TIMEOUT.total_seconds()


def thin_balancer(targets: Callable[[], Sequence[Address]], network: Network) -> Application:
    """Make an application that forwards each request to the next of the targets.

    Args:
        targets: where to forward, asked for each request; may change at any time.
        network: where they are.
    """
    turns = itertools.count()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        current = targets()
        if not current:
            await say(503, send)
            return
        target = current[next(turns) % len(current)]
        request = await _request(scope, receive)
        leaving = asyncio.ensure_future(receive())
        leaving.add_done_callback(_cancelling(asyncio.current_task()))
        try:
            await _forward(request, to=target, network=network, send=send)
        finally:
            leaving.cancel()

    return application


async def _forward(request: Request, *, to: Address, network: Network, send: Send) -> None:
    try:
        exchange = await network.connect(to).ask(request, patience=IDLE_SECONDS)
    except TimeoutError:
        await say(504, send)
    except ConnectionError:
        await say(502, send)
    else:
        await _relay(exchange, send)


async def _relay(exchange: Exchange, send: Send) -> None:
    dropped = frozenset({b"content-length"} if exchange.status in (204, 304) else ())
    headers = passed_on(exchange.headers, dropped=dropped)
    await send({"type": "http.response.start", "status": exchange.status, "headers": headers})
    try:
        while piece := await exchange.piece(patience=IDLE_SECONDS):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except OSError as broken:
        raise HangUp from broken
    finally:
        if not exchange.is_complete:
            exchange.leave()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _request(scope: Scope, receive: Receive) -> Request:
    query = scope["query_string"]
    target = scope["raw_path"] + (b"?" + query if query else b"")
    headers = [*passed_on(scope["headers"], dropped=FORWARDED), *forwarded(scope)]
    message = await receive()
    return Request(scope["method"], target, headers, message.get("body", b""))


def _cancelling(task: asyncio.Task[None] | None) -> Callable[[asyncio.Future[Message]], None]:
    """Give what ends a task once its client has left: nobody is left to hear of it."""

    def cancel(leaving: asyncio.Future[Message]) -> None:
        if not leaving.cancelled() and task is not None:
            task.cancel()

    return cancel
