"""One request on its way through the load balancer: to a target, and its reply back.

What a client is told when a target does not answer properly, as AWS's application load balancer would:

    502    the target refused or broke the connection before its reply began
    503    there is no target
    504    the target said nothing for as long as the idle timeout
    (cut)  the target broke off in the middle of its reply: so does the balancer

Rules of this file: bodies pass through in pieces; the client's Host stays; headers that concern one connection only
are not passed on (RFC 9110, section 7.6.1); no failure is our own. A target may close an idle connection just when we
use it again: so we give idle connections up before any target does, and what is idempotent and was lost on a used
connection is sent again, at the latest on a new one. Other requests are not: the target may have acted on them
(RFC 9110, section 9.2.2).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import httpx

from harness.ingress.records import Address

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

LONGEST_REPEATED_BYTES = 64 * 1024
"""A longer request body is not kept for sending it once more."""

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods that may be sent twice (RFC 9110, section 9.2.2)."""

ONE_CONNECTION_ONLY = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Headers that are not passed on."""

FORWARDED = frozenset({b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-port"})
"""Headers in which the balancer says who asked it, and how."""

REASONS = {400: "Bad Request", 502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
"""What a client reads in place of a reply."""


async def forward(scope: Scope, body: Body, *, target: Address, client: httpx.AsyncClient, send: Send) -> None:
    """Send a request on to a target, and pass its reply back, or say why there is none."""
    try:
        response = await _response(scope, body, target=target, client=client)
    except httpx.TimeoutException:
        await say(504, send)
    except (httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError):
        await say(400, send)
    except httpx.TransportError:
        await say(502, send)
    else:
        await _relay(response, send)


async def _response(scope: Scope, body: Body, *, target: Address, client: httpx.AsyncClient) -> httpx.Response:
    can_be_repeated = scope["method"] in IDEMPOTENT
    while True:
        connection = _Connection()
        try:
            return await client.send(_request(scope, body, target=target, connection=connection), stream=True)
        except (httpx.RemoteProtocolError, httpx.NetworkError):
            # Other idle connections may have been closed with this one; a new one settles it.
            if not (connection.was_used_before and can_be_repeated and body.can_be_repeated):
                raise


def _request(scope: Scope, body: Body, *, target: Address, connection: _Connection) -> httpx.Request:
    query = scope["query_string"]
    path = scope["raw_path"] + (b"?" + query if query else b"")
    return httpx.Request(
        scope["method"],
        httpx.URL(scheme="http", host=target.host, port=target.port, raw_path=path),
        headers=[*passed_on(scope["headers"], dropped=FORWARDED), *forwarded(scope)],
        content=body if body.is_announced else None,
        # As the client wrote it: a URL would be tidied up on the way.
        extensions={"target": path, "trace": connection},
    )


async def _relay(response: httpx.Response, send: Send) -> None:
    async with contextlib.aclosing(response):
        # A length without a body, which these two may have, is not to be waited for.
        dropped = frozenset({b"content-length"} if response.status_code in (204, 304) else ())
        headers = passed_on(response.headers.raw, dropped=dropped)
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        async for piece in response.aiter_raw():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def say(status: int, send: Send) -> None:
    """Answer in place of a target."""
    status, headers, page = instead(status)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": page, "more_body": False})


def instead(status: int) -> tuple[int, Headers, bytes]:
    """Give what to answer in place of a target."""
    page = f"<html><head><title>{status} {REASONS[status]}</title></head></html>\n".encode()
    headers = [
        (b"server", b"awselb/2.0"),  # tells whoever debugs that the balancer speaks, not the service
        (b"content-type", b"text/html"),
        (b"content-length", str(len(page)).encode()),
    ]
    return status, headers, page


def passed_on(headers: Headers, *, dropped: frozenset[bytes] = frozenset()) -> Headers:
    """Give the headers that do not concern one connection only."""
    named = {
        name.strip().lower() for key, value in headers if key.lower() == b"connection" for name in value.split(b",")
    }
    not_passed = named | ONE_CONNECTION_ONLY | dropped
    return [header for header in headers if header[0].lower() not in not_passed]


def forwarded(scope: Scope) -> Headers:
    """Say who asked the balancer, and how."""
    before = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    client, server = scope.get("client"), scope.get("server")
    path = [*before, client[0].encode()] if client else before
    port = server[1] if server and server[1] else 80
    return [
        (b"x-forwarded-for", b", ".join(path)),
        (b"x-forwarded-proto", scope["scheme"].encode()),
        (b"x-forwarded-port", str(port).encode()),
    ]


class _Connection:
    """Watches, as httpcore's trace extension, whether a request went out on a connection that had carried others."""

    def __init__(self) -> None:
        self.was_used_before = False
        self._is_new = False

    async def __call__(self, step: str, _details: object) -> None:
        if step == "connection.connect_tcp.started":
            self._is_new = True
        elif step == "http11.send_request_headers.started":
            self.was_used_before = not self._is_new


class _ClientLeft(Exception):
    """Raised out of a request's body when its client closed the connection."""


class Body:
    """A request's body, passed on as it comes; while it is short it is kept, in case it has to be sent again."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = dict(scope["headers"])
        self.is_announced = b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"
        self.can_be_repeated = True
        self._receive = receive
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._has_ended = asyncio.Event()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        for piece in self._kept:
            yield piece
        while not self._has_ended.is_set():
            yield await self._next()

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._has_ended.set()
            raise _ClientLeft
        piece: bytes = message.get("body", b"")
        self._keep(piece)
        if not message.get("more_body", False):
            self._has_ended.set()
        return piece

    def _keep(self, piece: bytes) -> None:
        self._kept_bytes += len(piece)
        self.can_be_repeated = self._kept_bytes <= LONGEST_REPEATED_BYTES
        if self.can_be_repeated:
            self._kept.append(piece)
        else:
            self._kept.clear()

    async def client_left(self) -> None:
        """Return once the client has closed the connection; the body goes first."""
        if self.is_announced:
            await self._has_ended.wait()
        while (await self._receive())["type"] != "http.disconnect":
            continue


async def until_client_leaves(work: Coroutine[Any, Any, None], body: Body) -> None:
    """Do the work, unless nobody is left to hear of it: a target's endless reply must not outlive its client."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(body.client_left())
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        leaving.cancel()
    await asyncio.wait((working, leaving))
    if not working.cancelled():
        with contextlib.suppress(_ClientLeft):
            working.result()
