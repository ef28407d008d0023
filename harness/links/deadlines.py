"""One heap of deadlines for all that waits on links, which never fires early.

Timers may: uvloop's fire up to 0.7 ms early (measured). So a deadline is looked at again when the alarm rings, and what
is left of it is waited for. And whoever is woken from sleep is late, by 0.1 ms or so: so the alarm is set earlier by
the least that it was late recently, and if that was too much, the rest is waited for awake.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable
from itertools import count

from harness.links.alarm import Alarm, alarm

MOST_EARLY_SECONDS = 0.0002
"""How much earlier than a deadline the alarm rings at most: how long at most is waited awake."""

MOST_LOOKS = 2_000
"""How often the clock is looked at meanwhile at most: it may have been stopped."""


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
        self._early = 0.0  # by how much the alarm is set too early
        self._is_early = False

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
        now = self._awaited(self._armed_for) if self._is_early else self._now()
        self._armed_for = math.inf
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
        wait_seconds = max(0.0, self._armed_for - self._now()) / self._speed
        self._is_early = wait_seconds > MOST_EARLY_SECONDS
        self._alarm.set(wait_seconds - self._early if self._is_early else wait_seconds)

    def _awaited(self, at: float) -> float:
        """Learn from how late the alarm was, wait awake until `at` if it was not, and give the time."""
        now = self._now()
        late = min(self._early + (now - at) / self._speed, MOST_EARLY_SECONDS)
        self._early = max(0.0, min(late, self._early + (late - self._early) / 16))
        for _ in range(MOST_LOOKS):
            if now >= at:
                break
            now = self._now()
        return now
