"""The seal on a simulated run: what reaches for the real world raises, and what would vary from run to run does not.

While a run is sealed, in its own thread:

- sleeping, reading the clock, starting a thread, drawing the system's randomness, opening a socket or starting a
  process raises a `Leak` that names the call and its line;
- a function that anyio would send to a worker thread is called at once;
- the sets in which asyncio and anyio keep tasks remember the order in which they were filled. Theirs are ordered by
  memory address, so that the order in which tasks are cancelled would differ between runs of one process.

Three things cannot be seen: a function that somebody took hold of before (`from time import sleep`), `datetime.now`,
for its type is written in C, and `time.perf_counter`, which measures cost and not time. Keep them out with a linter.
"""

from __future__ import annotations

import asyncio
import functools
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import FrameType
from typing import Any, Self
from unittest import mock

from anyio._backends import _asyncio as anyio_tasks
from anyio.lowlevel import checkpoint

from harness.errors import HarnessError
from harness.links import alarm
from harness.testing.ordered_set import OrderedSet

_ASK_THE_CLOCK = "Ask the loop (`loop.time()`), the clock or the runtime port for the time"
_WAIT_ON_THE_LOOP = "Wait with `asyncio.sleep` or the runtime port, which takes no time here"
_NO_THREADS = "Call the function itself: a thread lives in the wall's time"
_NO_SOCKETS = "Use harness.testing.Network, where connections are made in memory"
_USE_A_SEED = "Draw from a seeded `random.Random`, ids and salts included"
_NO_PROCESSES = "Run the application itself, on harness.testing.Network"

_CALLS: Sequence[tuple[Any, str, str]] = (
    (time, "sleep", _WAIT_ON_THE_LOOP),
    (time, "time", _ASK_THE_CLOCK),
    (time, "time_ns", _ASK_THE_CLOCK),
    (time, "monotonic", _ASK_THE_CLOCK),
    (time, "monotonic_ns", _ASK_THE_CLOCK),
    (threading.Thread, "start", _NO_THREADS),
    (os, "urandom", _USE_A_SEED),
    (random, "_urandom", _USE_A_SEED),
    (alarm, "timer_file", _WAIT_ON_THE_LOOP),
)
"""Where a call is found, its name, and what to do instead."""

_AUDITED: Mapping[str, str] = {
    "socket.__new__": _NO_SOCKETS,
    "socket.getaddrinfo": _NO_SOCKETS,
    "socket.gethostbyname": _NO_SOCKETS,
    "subprocess.Popen": _NO_PROCESSES,
    "os.posix_spawn": _NO_PROCESSES,
    "os.system": _NO_PROCESSES,
}
"""Events of Python's own audit that mean a leak; a fork is none, for a run may be continued in two ways."""

_MAY_READ_THE_CLOCK = frozenset({"logging", "http.cookiejar"})
"""Modules that stamp what never becomes part of a run."""


class Leak(HarnessError):
    """Raised where a simulated run reaches for the real world."""


class Seal:
    """Keeps the real world out of a stretch of a run, and chance out of its order.

    Only the thread that enters it is held to it. Seals may be nested, and may end in any order.

    Resource handling: a context manager; the patches that it needs are undone with the last seal.
    """

    def __init__(self) -> None:
        self.leak: Leak | None = None
        """The first leak, also where whoever caused it has caught it."""
        self._thread = 0

    def check(self) -> None:
        """Raise the first leak, if there was one."""
        if self.leak is not None:
            raise self.leak

    def __enter__(self) -> Self:
        self._thread = threading.get_ident()
        _seals.put(self, self._thread)
        return self

    def __exit__(self, *exception: object) -> None:
        _seals.lift(self, self._thread)


class _Seals:
    """Every seal that is closed, by thread; the patches stand while there is any."""

    def __init__(self) -> None:
        self._closed: dict[int, list[Seal]] = {}
        self._patches = ExitStack()
        self._is_audited = False

    @property
    def here(self) -> Seal | None:
        """The innermost seal of the present thread."""
        mine = self._closed.get(threading.get_ident())
        return mine[-1] if mine else None

    def put(self, seal: Seal, thread: int) -> None:
        if not self._is_audited:
            sys.addaudithook(_audit)  # there is no way to take a hook away again, so it asks whether it is meant
            self._is_audited = True
        if not self._closed:
            self._patches = _patched()
        self._closed.setdefault(thread, []).append(seal)

    def lift(self, seal: Seal, thread: int) -> None:
        self._closed[thread].remove(seal)
        if not self._closed[thread]:
            del self._closed[thread]
        if not self._closed:
            self._patches.close()


_seals = _Seals()


def _patched() -> ExitStack:
    patches = ExitStack()
    for owner, name, instead in _CALLS:
        patches.enter_context(mock.patch.object(owner, name, _refusing(owner, name, instead)))
    for module in (asyncio.tasks, asyncio.taskgroups, anyio_tasks):
        patches.enter_context(mock.patch.object(module, "set", OrderedSet, create=True))
    backend = anyio_tasks.AsyncIOBackend
    patches.enter_context(mock.patch.object(backend, "run_sync_in_worker_thread", _in_worker_thread(backend)))
    return patches


def _refusing(owner: Any, name: str, instead: str) -> Callable[..., Any]:  # noqa: ANN401 - a module or a class
    original = getattr(owner, name)
    called = f"{owner.__name__}.{name}"

    @functools.wraps(original)
    def refuse(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the original takes and gives
        seal = _seals.here
        if seal is not None and not _is_harmless(instead, _caller()):
            raise _noticed(seal, called, instead)
        return original(*arguments, **named)

    return refuse


def _in_worker_thread(backend: Any) -> classmethod[Any, Any, Any]:  # noqa: ANN401 - anyio's own, private
    threaded = backend.run_sync_in_worker_thread

    async def run(
        _cls: type[Any],
        /,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        **named: Any,  # noqa: ANN401 - how a thread may be abandoned, and a limit on their number
    ) -> Any:  # noqa: ANN401 - whatever the function gives
        if _seals.here is None:
            return await threaded(func, args, **named)
        await checkpoint()
        return func(*args)

    return classmethod(run)


def _audit(event: str, _arguments: tuple[Any, ...]) -> None:
    instead = _AUDITED.get(event)
    seal = _seals.here if instead is not None else None
    if instead is not None and seal is not None:
        raise _noticed(seal, event, instead)


def _caller() -> FrameType:
    """Give the frame of whoever called the function that asks; one above it, as ours are not meant."""
    return sys._getframe(2)  # noqa: SLF001 - the documented way to a caller's line


def _is_harmless(instead: str, caller: FrameType) -> bool:
    return instead is _ASK_THE_CLOCK and caller.f_globals.get("__name__") in _MAY_READ_THE_CLOCK


def _noticed(seal: Seal, called: str, instead: str) -> Leak:
    frame = _caller()
    while _is_standard(frame) and frame.f_back is not None:
        frame = frame.f_back
    where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    leak = Leak(f"{called} was called at {where}, but this run is simulated, out of the world's reach. {instead}.")
    seal.leak = seal.leak or leak
    return leak


def _is_standard(frame: FrameType) -> bool:
    name: str = frame.f_globals.get("__name__") or ""
    return name == __name__ or name.partition(".")[0] in sys.stdlib_module_names
