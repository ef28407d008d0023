"""The lifespan of an ASGI application: its start before the first request, and its end after the last."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from harness.errors import HarnessError
from harness.testing.exchange import Application, Message


class Lifespan:
    """Runs an application's lifespan in a task of its own; an application that knows of none does without.

    Resource handling: `start`, then `stop`, or use it as an async context manager. `kill` instead of `stop` ends it
    as the end of its process would: whatever cleans up on the way is no concern of the application's protocol.

    Source: ASGI, lifespan protocol 2.0; uvicorn's `lifespan=auto`.
    """

    def __init__(self, application: Application) -> None:
        self.state: dict[str, Any] = {}
        """What the application shares with its requests."""
        self._application = application
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._began = asyncio.Event()
        self._failure = ""
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Let the application come up.

        Raises:
            HarnessError: when it says that it cannot.
        """
        self._running = asyncio.get_running_loop().create_task(self._run(), name="lifespan")
        self._inbox.put_nowait({"type": "lifespan.startup"})
        await self._began.wait()
        if self._failure:
            message = f"the application does not start: {self._failure}"
            raise HarnessError(message)

    async def stop(self) -> None:
        """Let the application shut down; stopping twice is fine.

        Raises:
            HarnessError: when it says that it could not.
        """
        running, self._running = self._running, None
        if running is None:
            return
        self._inbox.put_nowait({"type": "lifespan.shutdown"})
        await running
        if self._failure:
            message = f"the application does not shut down: {self._failure}"
            raise HarnessError(message)

    def kill(self) -> None:
        """End it at once."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.stop()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._application(scope, self._inbox.get, self._send)
        except Exception as error:
            if self._began.is_set():
                self._failure = self._failure or f"{type(error).__name__}: {error}"
        finally:
            self._began.set()

    async def _send(self, message: Message) -> None:
        if message["type"].endswith(".failed"):
            self._failure = message.get("message", "") or "it does not say why"
        if message["type"].startswith("lifespan.startup"):
            self._began.set()
