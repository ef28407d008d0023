"""httpx on a network in memory: the client library that services use, unmodified, without a socket.

`NetworkTransport` is for `httpx.AsyncClient` inside the loop; `BlockingTransport` is
for `httpx.Client` outside of it, between two stretches of virtual time. Both keep to httpx's timeouts, which
`httpx.ASGITransport` does not, and neither cancels the application when a timeout strikes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx

from harness.ingress.records import Address
from harness.testing.exchange import Exchange, Request
from harness.testing.network import Network
from harness.testing.virtual_loop import VirtualLoop

_HTTP_PORT = 80


class NetworkTransport(httpx.AsyncBaseTransport):
    """Lets an `httpx.AsyncClient` reach the applications of a network, each request on a connection of its own.

    Args:
        network: where they listen.

    Raises:
        httpx.UnsupportedProtocol: for any URL but http://, as there is no TLS in memory.
        httpx.ConnectError: when nobody listens at the address.
        httpx.ReadTimeout: when the application says nothing for as long as the client's read timeout.
        httpx.RemoteProtocolError: when the connection breaks.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and give its reply once the head has come."""
        if request.url.scheme != "http":
            message = f"{request.url} cannot be asked: a network in memory carries no TLS. Write http:// in its place."
            raise httpx.UnsupportedProtocol(message, request=request)
        seconds = request.extensions.get("timeout", {}).get("read")
        asked = await _asked(request)
        try:
            connection = self._network.connect(Address(request.url.host, request.url.port or _HTTP_PORT))
        except ConnectionRefusedError as refused:
            raise httpx.ConnectError(str(refused), request=request) from refused
        try:
            exchange = await connection.ask(asked, patience=seconds)
        except TimeoutError as silence:
            raise httpx.ReadTimeout(f"no reply within {seconds:g} s", request=request) from silence
        except ConnectionResetError as broken:
            raise httpx.RemoteProtocolError(str(broken), request=request) from broken
        return httpx.Response(exchange.status, headers=exchange.headers, stream=_Body(exchange, seconds=seconds))


class BlockingTransport(httpx.BaseTransport):
    """Lets an `httpx.Client` reach the applications of a network from outside of the loop, which runs meanwhile.

    Args:
        network: where they listen.
        loop: where they run; it must not be running when a request is made.
    """

    def __init__(self, network: Network, *, loop: VirtualLoop) -> None:
        self._transport = NetworkTransport(network)
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and let virtual time pass until its reply has come whole."""
        return self._loop.run_until_complete(self._ask(request))

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        reply = await self._transport.handle_async_request(request)
        content = await reply.aread()
        return httpx.Response(reply.status_code, headers=reply.headers, content=content)


class _Body(httpx.AsyncByteStream):
    """A reply's body on its way."""

    def __init__(self, exchange: Exchange, *, seconds: float | None) -> None:
        self._exchange = exchange
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self._next():
            yield piece

    async def aclose(self) -> None:
        if not self._exchange.is_complete:
            self._exchange.leave()

    async def _next(self) -> bytes:
        try:
            return await self._exchange.piece(patience=self._seconds)
        except TimeoutError as silence:
            raise httpx.ReadTimeout(f"nothing more within {self._seconds:g} s") from silence
        except ConnectionResetError as broken:
            raise httpx.RemoteProtocolError(str(broken)) from broken


async def _asked(request: httpx.Request) -> Request:
    stream: Any = request.stream
    body = b"".join([piece async for piece in stream])
    headers = [(name.lower(), value) for name, value in request.headers.raw]
    return Request(request.method, request.url.raw_path, headers, body)
