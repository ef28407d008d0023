"""Real sockets for tests of links: both event loops, an upstream with a mind of its own, a client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.events import Event
from harness.links import Links, LinkSettings, RunningLink

Story = Callable[[], Coroutine[Any, Any, None]]
Runner = Callable[[Coroutine[Any, Any, None]], None]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

RUNNERS: dict[str, Runner] = {"asyncio": asyncio.run}
with contextlib.suppress(ImportError):
    import uvloop

    RUNNERS["uvloop"] = uvloop.run


def on_both_loops(story: Story) -> Callable[[Runner], None]:
    """Run a test on asyncio's own loop and on uvloop; it has ten seconds."""

    @pytest.mark.parametrize("run", RUNNERS.values(), ids=RUNNERS)
    def test(run: Runner) -> None:
        run(asyncio.wait_for(story(), 10))

    return test


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send everything back, and say goodbye when the client has no more to say."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write(b"bye")


@dataclass
class Stage:
    """A link between us and an upstream."""

    links: Links
    link: RunningLink
    events: list[Event] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    upstream_errors: list[BaseException] = field(default_factory=list)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect through the link."""
        host, _, port = self.link.listen.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        self.writers.append(writer)
        return reader, writer

    async def until(self, happened: Callable[[], bool]) -> None:
        """Let the loop turn until something has happened."""
        while not happened():
            await turn()


async def turn() -> None:
    """Let the loop do whatever else there is to do."""
    turned = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.001, turned.set_result, None)
    await turned


@contextlib.asynccontextmanager
async def staged(serve: Serve = echo, *, speed: float = 1.0, seed: int = 0) -> AsyncIterator[Stage]:
    """Set up an upstream that serves like this, and a link to it."""
    errors: list[BaseException] = []
    served: list[asyncio.Task[None]] = []
    writers: list[asyncio.StreamWriter] = []

    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.current_task())  # type: ignore[arg-type]
        writers.append(writer)
        try:
            await serve(reader, writer)
        except (OSError, RuntimeError) as error:  # uvloop: writing to what is closed is a RuntimeError
            errors.append(error)
        finally:
            writer.close()

    server = await asyncio.start_server(serving, "127.0.0.1", 0)
    upstream = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    events: list[Event] = []
    async with Links(speed=speed, seed=seed, record=events.append) as links:
        link = await links.create(LinkSettings("tested", upstream))
        stage = Stage(links, link, events, writers=writers, upstream_errors=errors)
        try:
            yield stage
        finally:
            links.close()
            server.close()
            for writer in writers:
                writer.transport.abort()
            await asyncio.gather(*served)
            for writer in writers:
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
