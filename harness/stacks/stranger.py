"""Somebody else's server: it answers, and knows nothing of the site."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from harness.ingress.records import Address

PAGE = b"<html><body><h1>This domain is parked</h1></body></html>\n"
REPLY = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(
    PAGE
)

BEGINS_TLS = b"\x16"
"""What a client sends first that wants to speak in private: a handshake (RFC 8446, section 5.1)."""


class Stranger:
    """Answers each request with 404 and a page, and closes the connection; it has no certificate.

    Args:
        visited: called for each request, and for each client that it could not speak to in private.

    Cleanup: `close`.
    """

    def __init__(self, visited: Callable[[], object]) -> None:
        self._visited = visited
        self._server: asyncio.Server | None = None

    async def open(self) -> Address:
        """Begin to listen; gives where."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return Address(*self._server.sockets[0].getsockname())

    async def close(self) -> None:
        """Stop listening; closing twice is fine."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        self._server = None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            first = await reader.readexactly(1)
            if first != BEGINS_TLS:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(REPLY + PAGE)
            self._visited()
            await writer.drain()
        writer.close()
