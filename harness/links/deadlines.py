"""One heap of deadlines for all that waits on links, which never fires early.

Event loops round: uvloop's timers are whole milliseconds and fire up to 0.7 ms early (measured). So a deadline is
looked at again when its timer fires, and what is left of it is waited for.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable
from itertools import count


class Deadlines:
    """Calls back at instants of link time.

    Args:
        now: link seconds.
        speed: link seconds in a wall second.
        loop: what wakes it.
    """

    def __init__(self, *, now: Callable[[], float], speed: float, loop: asyncio.AbstractEventLoop) -> None:
        self._now = now
        self._speed = speed
        self._loop = loop
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = math.inf

    def add(self, at: float, callback: Callable[[float], None]) -> None:
        """Call back once, with the time it is then, when `at` is reached."""
        heapq.heappush(self._heap, (at, next(self._order), callback))
        if at < self._armed_for:
            self._arm()

    def close(self) -> None:
        """Forget everything."""
        self._heap.clear()
        self._arm()

    def _fire(self) -> None:
        self._armed_for = math.inf
        now = self._now()
        while self._heap and self._heap[0][0] <= now:
            _, _, callback = heapq.heappop(self._heap)
            callback(now)
        self._arm()

    def _arm(self) -> None:
        first = self._heap[0][0] if self._heap else math.inf
        if first == self._armed_for:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = first
        wait_seconds = max(0.0, first - self._now()) / self._speed
        self._timer = self._loop.call_later(wait_seconds, self._fire) if self._heap else None
