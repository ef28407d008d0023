"""Time limits that hardly ever strike: a request that is answered at once costs no timer of the loop.

Rules of this file: limits of one length run out in the order in which they were set, so that one timer serves all of
them; whoever is done in time does nothing, and is passed over when the timer comes to them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from harness.testing.virtual_loop import VirtualLoop


class Waiting(Protocol):
    """What waits for an instant of a loop, as a future does."""

    def cancelled(self) -> bool:
        """Whether the instant need not come."""
        ...

    def done(self) -> bool:
        """Whether it is not to be told of the instant."""
        ...

    def set_result(self, result: None, /) -> None:
        """Hear that the instant has come."""
        ...


class Clockwork(Protocol):
    """What limits need of a loop."""

    def time(self) -> float:
        """Seconds."""
        ...

    def wake(self, at: float, waiting: Waiting, /) -> None:
        """Tell somebody that an instant has come."""
        ...


class Limits:
    """The limits of one loop.

    Args:
        loop: on whose time they run.
    """

    def __init__(self, loop: Clockwork) -> None:
        self._loop = loop
        self._by_length: dict[float, _Limits] = {}

    def set(self, seconds: float, is_over: Callable[[], bool], strike: Callable[[], object]) -> None:
        """Call `strike` after so many seconds, unless it is over by then.

        Args:
            seconds: how long; a limit of a length that nobody else has costs a timer after all.
            is_over: whether nothing is to happen any more; once it is, it stays so.
            strike: called at the limit; it must not raise.
        """
        alike = self._by_length.get(seconds)
        if alike is None:
            alike = self._by_length[seconds] = _Limits(self._loop)
        ends = self._loop.time() + seconds
        alike.running.append((ends, is_over, strike))
        if not alike.is_awaited:
            alike.is_awaited = True
            self._loop.wake(ends, alike)


class _Limits:
    """The limits of one length, which wait for the first of them."""

    __slots__ = ("_loop", "is_awaited", "running")

    def __init__(self, loop: Clockwork) -> None:
        self._loop = loop
        self.running: deque[tuple[float, Callable[[], bool], Callable[[], object]]] = deque()
        self.is_awaited = False

    def cancelled(self) -> bool:
        """Whether all of them are over: then a loop that has nothing else to do is at its end."""
        running = self.running
        while running and running[0][1]():
            running.popleft()
        self.is_awaited = bool(running)
        return not running

    def done(self) -> bool:
        return False

    def set_result(self, _: None, /) -> None:
        now = self._loop.time()
        while not self.cancelled():
            ends, _is_over, strike = self.running[0]
            if ends > now:
                self._loop.wake(ends, self)
                return
            self.running.popleft()
            strike()


class Patience:
    """Does for a block what `asyncio.timeout` does, with a limit in place of a timer.

    Args:
        seconds: how long the block may take.
        loop: runs it.

    Raises:
        TimeoutError: when it took longer.
    """

    __slots__ = ("_cancelled_before", "_has_struck", "_is_over", "_loop", "_seconds", "_task")

    def __init__(self, seconds: float, loop: VirtualLoop) -> None:
        self._seconds, self._loop = seconds, loop
        self._is_over = self._has_struck = False

    def __enter__(self) -> Self:
        task = asyncio.current_task(self._loop)
        assert task is not None, "only a task can be patient"
        self._task: asyncio.Task[Any] = task
        self._cancelled_before = task.cancelling()
        self._loop.limits.set(self._seconds, self._ended, self._strike)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _traceback: object) -> None:
        self._is_over = True
        if self._has_struck and self._task.uncancel() <= self._cancelled_before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _ended(self) -> bool:
        return self._is_over

    def _strike(self) -> None:
        self._has_struck = True
        self._task.cancel()
