"""What runs beside the scenario: each of it under a name, and none of it fails unheard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Background:
    """Runs coroutines in a loop, whether it is running at the moment or not.

    Args:
        loop: where.
        trouble: told of each exception that ends one, with the name of what it ended.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, trouble: Callable[[str, BaseException], object]) -> None:
        self._loop = loop
        self._trouble = trouble
        self._running: dict[asyncio.Task[None], None] = {}

    def run(self, name: str, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine until it ends or the loop does."""
        task = self._loop.create_task(coroutine, name=name)
        self._running[task] = None
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._trouble(task.get_name(), error)
