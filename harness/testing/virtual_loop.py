"""An event loop on which waiting takes no time.

Rules of this file: time moves only when nothing is ready to run, and then straight to the next timer; timers of one
instant run in the order in which they were set; no file descriptor is opened, so that a run can be forked; what can
never go on is an error at once.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Executor
from contextvars import Context, copy_context
from functools import partial
from typing import Any, TypeVar, TypeVarTuple

import msgspec

from harness.errors import HarnessError
from harness.testing.limits import Limits, Waiting
from harness.testing.sealing import Seal

Given = TypeVarTuple("Given")
Result = TypeVar("Result")

MOST_TURNS = 100_000
"""Turns of the loop at one instant after which it is taken for a spin that will never end."""

_FEWEST_TO_SWEEP = 100
"""Cancelled timers are not worth looking for before there are so many."""


class Deadlock(HarnessError):
    """Raised when everybody waits for something that nobody will do."""


class TimeStandsStill(HarnessError):
    """Raised when something spins without ever waiting, so that virtual time would never go on."""


class _Handle(msgspec.Struct):  # two for each request and more: a Struct is made in a third of the time of a Handle
    """A function that is to be called in the next turn, as far as asyncio.Handle is for anybody but asyncio's own."""

    _callback: Callable[..., object]
    _args: tuple[Any, ...]
    _context: Context
    _cancelled: bool = False

    def cancel(self) -> None:
        """Let it never be called."""
        self._cancelled = True
        self._callback, self._args = _nothing, ()

    def cancelled(self) -> bool:
        """Whether it will never be called."""
        return self._cancelled


class _Timer(asyncio.TimerHandle):
    """A function that is to be called at an instant; lean, likewise."""

    __slots__ = ("is_waiting",)
    _source_traceback = None
    _repr = None

    _context: Context
    _loop: VirtualLoop
    _callback: Callable[..., object]
    _scheduled: bool
    _when: float

    is_waiting: bool
    """Whether its instant is still to come."""

    def __init__(  # noqa: PLR0917 - asyncio's own
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: VirtualLoop,
        context: Context | None,
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop, self._callback, self._args = loop, callback, args
        self._cancelled = self._scheduled = False
        self._when, self.is_waiting = when, True

    def cancel(self) -> None:
        """Let it never be called."""
        if not self._cancelled:
            self._cancelled = True
            self._callback, self._args = _nothing, ()
            self._loop._timer_handle_cancelled(self)  # noqa: SLF001 - as asyncio's own does


class VirtualLoop(asyncio.BaseEventLoop):
    """An asyncio event loop in virtual time.

    `asyncio.sleep`, timeouts and `call_later` are exact and cost microseconds. There are no sockets, signals or
    child processes; a function handed to a thread runs at once, in the thread of the loop.

    Args:
        moved: told the loop's time, in seconds from 0, whenever it moves on: for a clock that follows it.

    Raises:
        Deadlock: while running, when nothing is ready and no timer is set.
        TimeStandsStill: while running, when time does not move on for MOST_TURNS turns.

    Cleanup: `end`.
    """

    _ready: deque[_Handle | _Timer]
    _stopping: bool
    _closed: bool

    def __init__(self, *, moved: Callable[[float], object] = lambda _seconds: None) -> None:
        super().__init__()
        self._now = 0.0
        self._moved = moved
        self._timers: list[tuple[float, int, _Timer | Waiting]] = []
        self._numbers = itertools.count()
        self._cancelled_timers = 0
        self._turns = 0
        self.limits = Limits(self)
        """Time limits that cost no timer each."""
        # Asked all the time, so they call no Python: no debug mode, and futures and tasks as everywhere.
        self.get_debug = bool  # type: ignore[method-assign]
        self.create_future = partial(asyncio.Future, loop=self)  # type: ignore[method-assign]
        self.create_task = partial(asyncio.Task, loop=self)  # type: ignore[method-assign]

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now

    def call_at(
        self, when: float, callback: Callable[[*Given], object], *args: *Given, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call a function at an instant of the loop's time."""
        timer = _Timer(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._numbers), timer))
        return timer

    def call_later(
        self, delay: float, callback: Callable[[*Given], object], *args: *Given, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call a function after so many seconds of the loop's time."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_soon(
        self, callback: Callable[[*Given], object], *args: *Given, context: Context | None = None
    ) -> asyncio.Handle:
        """Call a function in the next turn; what asyncio's own checks on the way is of no use here."""
        if self._closed:
            return super().call_soon(callback, *args, context=context)  # which says so
        handle = _Handle(callback, args, copy_context() if context is None else context)
        self._ready.append(handle)
        return handle  # type: ignore[return-value]

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait as `asyncio.sleep` does on this loop, for half of what that costs; waiting begins with the call."""
        if seconds <= 0:
            return asyncio.sleep(0)  # noqa: TID251 - on the loop's own time
        reached = self.create_future()
        heapq.heappush(self._timers, (self._now + seconds, next(self._numbers), reached))
        return reached

    def wake(self, at: float, waiting: Waiting) -> None:
        """Tell whoever waits for an instant that it has come, unless they are done by then."""
        heapq.heappush(self._timers, (at, next(self._numbers), waiting))

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Given], Result], *args: *Given
    ) -> asyncio.Future[Result]:
        """Call a function that was meant for a thread, here and now: a thread would live in the wall's time."""
        del executor
        future: asyncio.Future[Result] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def end(self) -> None:
        """Cancel every task, oldest first, let each clean up, and close the loop; ending twice is fine."""
        if self.is_closed():
            return
        self._turns = 0
        try:
            remaining = self._tasks()
            for task in remaining:
                task.cancel()
            if remaining:
                self.run_until_complete(asyncio.gather(*remaining, return_exceptions=True))
            self.run_until_complete(self.shutdown_asyncgens())
        finally:
            self.close()

    # What asyncio asks of a loop

    def _run_once(self) -> None:
        """Run turns until the loop is to stop: who calls this would only call it again."""
        ready, timers, pop = self._ready, self._timers, heapq.heappop
        while True:
            if not (ready or self._stopping):
                self._move_on()
            while timers and timers[0][0] <= self._now:
                timer = pop(timers)[2]
                if isinstance(timer, _Timer):
                    timer.is_waiting = False
                    ready.append(timer)
                elif not timer.done():
                    timer.set_result(None)
            self._turns += 1
            if self._turns > MOST_TURNS:
                raise TimeStandsStill(self._spinning())
            for _ in range(len(ready)):
                handle = ready.popleft()
                if not handle._cancelled:  # noqa: SLF001 - a loop runs its handles
                    try:
                        handle._context.run(handle._callback, *handle._args)  # noqa: SLF001
                    except (SystemExit, KeyboardInterrupt):
                        raise
                    except BaseException as error:
                        self._failed(handle, error)
            if self._stopping:
                return

    def _failed(self, handle: _Handle | _Timer, error: BaseException) -> None:
        message = f"Exception in callback {handle!r}"
        self.call_exception_handler({"message": message, "exception": error, "handle": handle})

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        self._cancelled_timers += isinstance(handle, _Timer) and handle.is_waiting
        if self._cancelled_timers > max(_FEWEST_TO_SWEEP, len(self._timers) // 2):
            self._timers[:] = [entry for entry in self._timers if not entry[2].cancelled()]
            heapq.heapify(self._timers)
            self._cancelled_timers = 0

    def _write_to_self(self) -> None:
        """Nobody has to be woken: no other thread may take part."""

    # Within

    def _move_on(self) -> None:
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
        if not timers:
            raise Deadlock(self._stuck())
        if timers[0][0] > self._now:
            self._now = timers[0][0]
            self._turns = 0
            self._moved(self._now)

    def _tasks(self) -> list[asyncio.Task[Any]]:
        """Every unfinished task, in the order in which they were made as far as their names tell."""
        return sorted(asyncio.all_tasks(self), key=_by_age)

    def _stuck(self) -> str:
        waiting = "; ".join(map(_whereabouts, self._tasks())) or "no task is left"
        return f"nothing will ever happen again at {self._now:g} s: everybody waits for what nobody will do. {waiting}."

    def _spinning(self) -> str:
        return (
            f"time stands still at {self._now:g} s: {MOST_TURNS} turns went by without anybody waiting. "
            f"Look for a loop around sleep(0). {'; '.join(map(_whereabouts, self._tasks()))}."
        )


def _nothing() -> None:
    """Be called in place of what was cancelled."""


def run_virtual(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in virtual time, and give its result.

    Whatever it reaches for in the real world is an error that names the call (harness/testing/sealing.py).

    Raises:
        Deadlock: when it waits for something that nobody will do.
        Leak: when it sleeps, reads the time, starts a thread or opens a socket for real.
        Whatever it raises.

    Cleanup: tasks that it has left behind are cancelled, oldest first.
    """
    loop = VirtualLoop()
    with Seal() as seal:
        try:
            return loop.run_until_complete(main)
        finally:
            loop.end()
            seal.check()  # whatever else went wrong, it may be for this reason


def _by_age(task: asyncio.Task[Any]) -> tuple[bool, int, str]:
    # asyncio numbers the tasks that nobody named: Task-9 is older than Task-10.
    name = task.get_name()
    return not name.startswith("Task-"), len(name), name


def _whereabouts(task: asyncio.Task[Any]) -> str:
    stack = task.get_stack(limit=1)
    where = f"{stack[0].f_code.co_filename}:{stack[0].f_lineno}" if stack else "its end"
    return f"{task.get_name()} is at {where}"
