"""One heap of deadlines for all that waits on links, which never fires early.

Timers may: uvloop's fire up to 0.7 ms early (measured). So a deadline is looked at again when the alarm rings, and what
is left of it is waited for.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable
from itertools import count

from harness.links.alarm import Alarm, alarm


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
        self._alarm: Alarm | None = None
        self._armed_for = math.inf

    def add(self, at: float, callback: Callable[[float], None]) -> None:
        """Call back once, with the time it is then, when `at` is reached."""
        heapq.heappush(self._heap, (at, next(self._order), callback))
        if at < self._armed_for:
            self._arm()

    def close(self) -> None:
        """Forget everything."""
        self._heap.clear()
        self._armed_for = math.inf
        if self._alarm is not None:
            self._alarm.close()
            self._alarm = None

    def _fire(self) -> None:
        self._armed_for = math.inf
        now = self._now()
        while self._heap and self._heap[0][0] <= now:
            _, _, callback = heapq.heappop(self._heap)
            callback(now)
        self._arm()

    def _arm(self) -> None:
        if not self._heap or self._heap[0][0] == self._armed_for:
            return
        if self._alarm is None:
            self._alarm = alarm(self._loop, self._fire)
        self._armed_for = self._heap[0][0]
        self._alarm.set(max(0.0, self._armed_for - self._now()) / self._speed)
