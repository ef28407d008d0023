"""HTTP on wires in memory: uvicorn on one end and httpx on the other, both as they are.

    wires = Wires()
    with serving(wires, Address("127.0.0.1", 3000), app):
        async with httpx.AsyncClient(transport=wire_transport(wires)) as diner:
            await diner.get("http://127.0.0.1:3000/api/order/menu")

Some ten times slower than `Network`, and all that it leaves out is there: bytes, connections that are kept alive and
reused, pools, timeouts of each kind, resets in the middle of a body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import httpcore
import httpx
import uvicorn
from httpcore._async import http11
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from harness.ingress.records import Address
from harness.testing.exchange import Application, Message
from harness.testing.wires import End, Wires

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept by whoever listens."""


class WireServer:
    """uvicorn at an address of the wires, without its sockets, signals and clock.

    Args:
        wires: where it listens, from now on.
        address: a host and a port above 0.
        application: any ASGI application; its lifespan is not run.

    Cleanup: `close`, or `cut`.
    """

    def __init__(self, wires: Wires, address: Address, application: Application) -> None:
        self.address = address
        self.state: dict[str, Any] = {}
        """What the application's lifespan shares with its requests."""
        self._wires = wires
        self._application = application
        self._is_cut = False
        self._config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._config.load()
        self._shared = ServerState()
        wires.listen(address, self._protocol)

    def close(self) -> None:
        """Refuse connections from now on."""
        self._wires.close(self.address)

    def cut(self) -> None:
        """Be gone at once, connections and all, as a process that was killed."""
        self.close()
        self._is_cut = True
        for protocol in sorted(self._shared.connections, key=_port):
            protocol.transport.abort()
        for task in sorted(self._shared.tasks, key=_age):
            task.cancel()

    async def _answer(self, scope: Message, receive: object, send: object) -> None:
        try:
            await self._application(scope, receive, send)
        except asyncio.CancelledError:
            if not self._is_cut:  # what a killed process was about to say is no error of its application's
                raise

    def _protocol(self) -> asyncio.Protocol:
        return HttpToolsProtocol(self._config, self._shared, self.state)


def _port(protocol: Any) -> int:  # noqa: ANN401 - one of uvicorn's
    return int(protocol.client[1])


def _age(task: asyncio.Task[Any]) -> tuple[int, str]:
    return len(task.get_name()), task.get_name()  # asyncio numbers its tasks: Task-9 is older than Task-10


@contextmanager
def serving(wires: Wires, address: Address, application: Application) -> Iterator[WireServer]:
    """Let an application answer at an address of the wires for as long as the block runs."""
    server = WireServer(wires, address, application)
    try:
        yield server
    finally:
        server.cut()


def wire_transport(wires: Wires, *, limits: httpx.Limits | None = None) -> httpx.AsyncHTTPTransport:
    """Give httpx's own transport, pool and all, on wires in memory."""
    transport = httpx.AsyncHTTPTransport(trust_env=False)
    given = limits or httpx.Limits(max_connections=100, max_keepalive_connections=20)
    # httpx has no way to say which network its pool is to use; httpcore, whose pool it is, has.
    transport._pool = httpcore.AsyncConnectionPool(  # noqa: SLF001
        max_connections=given.max_connections,
        max_keepalive_connections=given.max_keepalive_connections,
        keepalive_expiry=given.keepalive_expiry,
        network_backend=WireBackend(wires),
    )
    return transport


@contextmanager
def virtual_idle_times() -> Iterator[None]:
    """Let httpcore tell by the loop's time, in place of the machine's, how long a connection has been idle."""
    clock = SimpleNamespace(monotonic=lambda: asyncio.get_running_loop().time())
    with mock.patch.object(http11, "time", clock):
        yield


class WireBackend(httpcore.AsyncNetworkBackend):
    """The network of httpcore, on wires.

    Args:
        wires: where to connect.
    """

    def __init__(self, wires: Wires) -> None:
        self._wires = wires

    async def connect_tcp(  # noqa: PLR0917 - httpcore's
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect, or raise httpcore's ConnectError."""
        del timeout, local_address, socket_options
        try:
            return WireStream(self._wires, Address(host, port))
        except ConnectionRefusedError as refused:
            raise httpcore.ConnectError(str(refused)) from refused


class WireStream(httpcore.AsyncNetworkStream, asyncio.Protocol):
    """A client's end of a connection, as httpcore reads and writes it.

    Args:
        wires: where to connect.
        address: to whom.

    Raises:
        ConnectionRefusedError: when nobody listens there.
    """

    def __init__(self, wires: Wires, address: Address) -> None:
        self._data = bytearray()
        self._has_ended = False
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()
        self.end: End = wires.connect(address, self)

    # What httpcore asks of a stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Wait for data; b"" is the end of it."""
        try:
            async with asyncio.timeout(timeout):
                while not (self._data or self._has_ended or self._error):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as silence:
            raise httpcore.ReadTimeout(f"nothing came within {timeout:g} s") from silence
        if self._error is not None:
            raise httpcore.ReadError(str(self._error)) from self._error
        data = bytes(self._data[:max_bytes])
        del self._data[:max_bytes]
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send data, and wait while the other end reads none."""
        if self._error is not None or self.end.is_closing():
            raise httpcore.WriteError("the connection is closed")
        self.end.write(buffer)
        try:
            async with asyncio.timeout(timeout):
                await self._may_write.wait()
        except TimeoutError as silence:
            raise httpcore.WriteTimeout(f"nothing was read within {timeout:g} s") from silence

    async def aclose(self) -> None:
        """Close the connection."""
        self.end.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's
        """Say whether there is something to read, which on an idle connection means that it is closed."""
        if info == "is_readable":
            return bool(self._data) or self._has_ended or self._error is not None or self.end.has_news
        return self.end.get_extra_info({"client_addr": "sockname", "server_addr": "peername"}.get(info, info))

    # What the transport tells

    def data_received(self, data: bytes) -> None:  # noqa: D102
        self._data += data
        self._news.set()

    def eof_received(self) -> bool:  # noqa: D102
        self._has_ended = True
        self._news.set()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self._error = exc or (None if self._has_ended else ConnectionResetError("the connection is closed"))
        self._news.set()
        self._may_write.set()

    def pause_writing(self) -> None:  # noqa: D102
        self._may_write.clear()

    def resume_writing(self) -> None:  # noqa: D102
        self._may_write.set()
