"""An asyncio loop in a thread of its own, so that a scenario can be written without `await`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from harness.errors import HarnessError

Result = TypeVar("Result")

ANSWERS_WITHIN_SECONDS = 60.0


class LoopThread:
    """Runs coroutines for threads that have no loop.

    Resource handling: `start` and `stop` are a pair. `stop` cancels what still runs and waits for it.

    Error handling: an exception of a background coroutine goes to `trouble`; it never disappears.
    """

    def __init__(self, *, trouble: Callable[[str, BaseException], None]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="pizza-chaos loop", daemon=True)
        self._trouble = trouble
        self._background: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._thread.is_alive()

    def call(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine in the loop and block until its result is there.

        Raises:
            HarnessError: when it takes longer than ANSWERS_WITHIN_SECONDS of wall time.
        """
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(ANSWERS_WITHIN_SECONDS)
        except TimeoutError as error:
            future.cancel()
            message = f"{coroutine} did not answer within {ANSWERS_WITHIN_SECONDS:g} s of wall time."
            raise HarnessError(message) from error

    def ask(self, function: Callable[[], Result]) -> Result:
        """Call a function in the loop, whose thread alone touches what it touches, and block until it has answered.

        Raises:
            HarnessError: when it takes longer than ANSWERS_WITHIN_SECONDS of wall time.
        """

        async def asked() -> Result:
            return function()

        return self.call(asked())

    def soon(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function in the loop, from any thread; dropped when the loop has stopped."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._guarded, function, arguments)

    def background(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine until it ends or the loop stops; call from within the loop."""
        task = self._loop.create_task(self._watched(name, coroutine), name=name)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def cancel_all(self) -> None:
        """Cancel every background coroutine and wait until each has ended."""
        tasks = tuple(self._background)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Cancel what still runs, stop the loop and wait for its thread; stopping twice is fine."""
        if not self._thread.is_alive():
            return
        self.call(self.cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _guarded(self, function: Callable[..., object], arguments: tuple[object, ...]) -> None:
        try:
            function(*arguments)
        except Exception as error:
            self._trouble(getattr(function, "__qualname__", str(function)), error)

    async def _watched(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await coroutine
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._trouble(name, error)
