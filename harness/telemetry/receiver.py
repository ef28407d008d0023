"""Where services push to over HTTP: any path, any credentials, whatever the content type."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from harness.errors import HarnessError
from harness.events import Event, HarnessTroubled, TelemetryRejected
from harness.telemetry.sink import Reply, Sink

Admit = Callable[[bytes, str], Awaitable[bytes | Reply]]
"""Given what was pushed and the unit of Influx' timestamps: what the sink is to see of it, whenever it is time, or what
to answer in its stead."""

Take = Callable[[bytes, str, str], Awaitable[Reply]]
"""Given a push, the path it came to and the unit of Influx' timestamps: what to answer."""


async def _as_it_is(body: bytes, _precision: str) -> bytes:
    return body


def telemetry_app(
    sink: Sink, *, now: Callable[[], float], record: Callable[[Event], object], admit: Admit = _as_it_is
) -> Starlette:
    """Make the application that takes what services push.

    Args:
        sink: what reads and keeps it.
        now: steady seconds now.
        record: given each event, before the push is answered.
        admit: what stands between the service and the sink.

    Evidence: what the sink returns; TelemetryRejected (status 0) for a push that broke off; HarnessTroubled when we
        failed.
    """
    take = taking(sink, now=now, record=record, admit=admit)

    async def push(request: Request) -> Response:
        endpoint = request.url.path
        precision = request.query_params.get("precision", "ns")
        try:
            body = await _body(request, limit=sink.max_bytes)
        except ClientDisconnect:
            record(TelemetryRejected(endpoint=endpoint, status=0, reason="the connection ended before the push did"))
            return Response(status_code=400)
        reply = await take(body, endpoint, precision)
        return Response(reply.body, status_code=reply.status, media_type=reply.content_type or None)

    return Starlette(routes=[Route("/{path:path}", push, methods=["POST"])])


def taking(
    sink: Sink, *, now: Callable[[], float], record: Callable[[Event], object], admit: Admit = _as_it_is
) -> Take:
    """Make what takes a push that has come whole, and says what to answer; see `telemetry_app`."""

    async def take(body: bytes, endpoint: str, precision: str) -> Reply:
        try:
            admitted = await admit(body, precision)
            if isinstance(admitted, Reply):
                return admitted
            handled = sink.receive(admitted, now=now(), endpoint=endpoint, precision=precision)
        except Exception as error:  # the edge: a service under test must not see our traceback
            record(HarnessTroubled(where="telemetry receiver", error=f"{type(error).__name__}: {error}"))
            return Reply(500, b"the harness failed; see its history", "text/plain")
        for event in handled.events:
            record(event)
        return handled.reply

    return take


async def _body(request: Request, *, limit: int) -> bytes:
    """Read all that was sent, but keep no more than shows that it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk[: limit + 1 - len(body)]
    return bytes(body)


class Server:
    """Serves an application on a socket of its own, inside a loop that is already running.

    It installs no signal handlers. It may be started again after it was stopped, and then comes back on its address.

    Args:
        app: what it serves.
        host: the address it binds.
        port: 0 for any that is free.

    Cleanup: `stop`, or use it as an async context manager. Connections that are still busy a second later are cut.
    """

    def __init__(self, app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._app = app
        self.host = host
        """The address it binds."""
        self.port = port
        """The port it listens on; 0 before the first start when none was asked for."""
        self._running: uvicorn.Server | None = None
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """Where to push to."""
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        """Listen; when this returns, a connection succeeds.

        Raises:
            HarnessError: when the address is taken.
        """
        if self._running is not None:
            return
        bound = _listening(self.host, self.port)
        self.port = bound.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[bound])
        self._running, self._socket = server, bound

    async def stop(self) -> None:
        """Refuse connections from now on, and let go of the port; stopping twice is fine."""
        server, bound = self._running, self._socket
        self._running = self._socket = None
        if server is not None and bound is not None:
            await asyncio.shield(server.shutdown(sockets=[bound]))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.stop()


def _listening(host: str, port: int) -> socket.socket:
    try:
        bound = socket.create_server((host, port), backlog=2048)
        # asyncio sets this only on sockets it makes itself; without it replies may be held back for 40 ms.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return bound
    except OSError as error:
        message = f"cannot listen on {host}:{port}: {error.strerror}. End what uses it, or give port 0 for a free one."
        raise HarnessError(message) from error
