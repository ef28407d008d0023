"""A target that does to each connection what a script says, on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from harness.ingress.records import Address


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it reached the target."""

    connection: int
    """Which connection carried it, from 1."""
    turn: int
    """Which request of that connection it was, from 1."""
    head: str
    """Request line and headers."""
    body: bytes
    """The body, as it was framed."""

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.split("\r\n")[1:]
        return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if line)}


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Script = Callable[[Seen], bytes | None]
"""What to answer; b"" closes the connection without a word, None says nothing for ever."""


class Target:
    """Listens on a free port of loopback; a context manager."""

    def __init__(
        self, script: Script = lambda _: OK, *, closes_after: Callable[[Seen], bool] = lambda _: False
    ) -> None:
        self.seen: list[Seen] = []
        self._script = script
        self._closes_after = closes_after
        self._connections = 0
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.address = Address(*self._server.sockets[0].getsockname())
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()
        for writer in self._talks.values():
            writer.close()
        await asyncio.gather(*self._talks)

    async def idle(self) -> None:
        """Return once no connection is open."""
        await asyncio.gather(*self._talks)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks[talk] = writer
        self._connections += 1
        try:
            await self._answer_all(self._connections, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            del self._talks[talk]
            writer.close()

    async def _answer_all(self, connection: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for turn in range(1, 10_000):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().removesuffix("\r\n\r\n")
            seen = Seen(connection, turn, head, b"")
            body = await _body(reader, seen.headers)
            self.seen.append(seen := Seen(connection, turn, head, body))
            answer = self._script(seen)
            if answer is None:
                await reader.read()
            if not answer:
                return
            writer.write(answer)
            await writer.drain()
            if self._closes_after(seen):
                return


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "transfer-encoding" not in headers:
        return await reader.readexactly(int(headers.get("content-length", "0")))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body
