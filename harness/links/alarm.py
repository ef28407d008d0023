"""A timer as exact as the system has one.

Event loops round: uvloop's timers are whole milliseconds, and 50 ms of latency would be off by up to one. Linux has
timers that are files, which a loop watches like any other; elsewhere the loop's own have to do.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import time
from collections.abc import Callable
from typing import Protocol


class Alarm(Protocol):
    """Rings once, some time after it was set."""

    def set(self, wait_seconds: float) -> None:
        """Ring after so many seconds of the wall's, and not when it was to ring before."""
        ...

    def close(self) -> None:
        """Never ring again."""
        ...


def alarm(loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> Alarm:
    """Make the most exact alarm that there is here.

    Args:
        loop: what waits.
        ring: called in it.
    """
    try:
        return _File(loop, ring)
    except OSError:
        return _Loop(loop, ring)


class _Loop:
    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None

    def set(self, wait_seconds: float) -> None:
        self.close()
        self._timer = self._loop.call_later(wait_seconds, self._ring)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class _File:
    """A timerfd. Python has them from 3.13 on; before, the C library is asked."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._fd = timer_file()
        if self._fd < 0:
            message = "this system has no timers that are files"
            raise OSError(message)
        self._loop = loop
        self._ring = ring
        loop.add_reader(self._fd, self._rung)

    def set(self, wait_seconds: float) -> None:
        seconds, rest = divmod(max(1, round(wait_seconds * 1e9)), 1_000_000_000)
        _LIBC.timerfd_settime(self._fd, 0, _Setting(0, 0, seconds, rest), None)

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    def _rung(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:  # it was set again this very moment
            return
        self._ring()


def timer_file() -> int:
    """Open a timer that is a file, and give its number; -1 where the system has none."""
    create = getattr(_LIBC, "timerfd_create", None)
    flags = os.O_NONBLOCK | os.O_CLOEXEC  # what the timer's own flags are defined as
    return -1 if create is None else int(create(time.CLOCK_MONOTONIC, flags))


_LIBC = ctypes.CDLL(None)
_Setting = ctypes.c_long * 4
"""How often to ring again, and how long to wait first: seconds and nanoseconds of each."""
