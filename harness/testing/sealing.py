"""The seal on a simulated run: what reaches for the real world raises, and what would vary from run to run does not.

While a run is sealed, in its own thread:

- sleeping, reading the clock, waiting for a thread or starting one, drawing the system's randomness, opening a socket
  or starting a process raises a `Leak` that names the call and the author's line (harness/testing/leaks.py lists them);
- a function that anyio would send to a worker thread is called at once;
- Python's own chance comes from the run's seed: `random.random()` and its like, and each `random.Random()` that is made
  without a seed; afterwards the interpreter's generator goes on as if there had been no run;
- the sets in which asyncio and anyio keep tasks remember the order in which they were filled. Theirs are ordered by
  memory address, so that the order in which tasks are cancelled would differ between runs of one process.

Some things cannot be seen: a function that somebody took hold of before (`from time import sleep`); the
`acquire(timeout=…)` of a lock and `queue.SimpleQueue`; a generator that was made before the run, without a seed; the
time and the chance of what is not written in Python, such as SQL's CURRENT_TIMESTAMP and bcrypt's salts; what the
machine says of itself, such as its name, its files and their dates, and /dev/urandom. `time.perf_counter` and
`time.process_time` measure cost and not time, and are let be. Keep them out with a linter.
"""

from __future__ import annotations

import asyncio
import ctypes
import functools
import gc
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any, Self
from unittest import mock

from anyio._backends import _asyncio as anyio_tasks
from anyio.lowlevel import checkpoint

from harness.errors import HarnessError
from harness.testing.leaks import AUDITED, CALLS, IN_C, authors_line, is_harmless, module_of
from harness.testing.ordered_set import OrderedSet

_KNOWN_PYTHONS = ((3, 11), (3, 12), (3, 13))
"""Versions of CPython in which a type that is written in C was seen to take another method, and to give it back."""

_KEEP_THEIR_CHANCE = frozenset({"tempfile"})
"""Modules whose generator, once made, is never made again, and of whose chance nothing becomes part of a run."""


class Leak(HarnessError):
    """Raised where a simulated run reaches for the real world."""


class Seal:
    """Keeps the real world out of a stretch of a run, and chance out of its order.

    Only the thread that enters it is held to it. Seals may be nested, and may end in any order.

    Resource handling: a context manager; the patches that it needs are undone with the last seal.

    Args:
        seed: of Python's own generators; that of the first holds where seals are nested.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed
        """Of Python's own generators."""
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
            self._patches = _patched(seal.seed)
        self._closed.setdefault(thread, []).append(seal)

    def lift(self, seal: Seal, thread: int) -> None:
        self._closed[thread].remove(seal)
        if not self._closed[thread]:
            del self._closed[thread]
        if not self._closed:
            self._patches.close()


_seals = _Seals()


def _patched(seed: int) -> ExitStack:
    with ExitStack() as patches:  # which undoes what was done, should one of them fail
        for owner, name, instead in CALLS:
            refusing = _refusing(getattr(owner, name), f"{owner.__name__}.{name}", instead)
            patches.enter_context(mock.patch.object(owner, name, refusing))
        for kind, name, instead in IN_C:
            patches.enter_context(_patched_in_c(kind, name, instead))
        for module in (asyncio.tasks, asyncio.taskgroups, anyio_tasks):
            patches.enter_context(mock.patch.object(module, "set", OrderedSet, create=True))
        backend = anyio_tasks.AsyncIOBackend
        patches.enter_context(mock.patch.object(backend, "run_sync_in_worker_thread", _in_worker_thread(backend)))
        patches.enter_context(_seeded(seed))
        return patches.pop_all()


def _refusing(original: Callable[..., Any], called: str, instead: str) -> Callable[..., Any]:
    name = called.rpartition(".")[2]

    @functools.wraps(original)
    def refuse(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the original takes and gives
        seal = _seals.here
        if seal is not None and not is_harmless(name, instead, arguments=arguments, caller=_caller()):
            raise _noticed(seal, called, instead)
        return original(*arguments, **named)

    return refuse


@contextmanager
def _patched_in_c(kind: type, name: str, instead: str) -> Iterator[None]:
    """Let a type that is written in C refuse as well: under every name that somebody has taken hold of it by.

    Its members cannot be set from Python, so that the dictionary behind them is changed, and the interpreter told.
    """
    if sys.implementation.name != "cpython" or sys.version_info[:2] not in _KNOWN_PYTHONS:
        yield  # nobody has looked whether it works there
        return
    members = next(behind for behind in gc.get_referents(kind.__dict__) if isinstance(behind, dict))
    original = members[name]

    def ask(cls: type, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the original takes and gives
        return original.__get__(None, cls)(*arguments, **named)

    members[name] = classmethod(_refusing(ask, f"{kind.__name__}.{name}", instead))
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
    try:
        yield
    finally:
        members[name] = original
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Let Python's own generators draw the same in each run; the interpreter's goes on afterwards as if nothing was.

    A generator that is made without a seed gets one by the line that makes it, and not in turn: a module that is
    imported in the first run of a process alone may make one, too.
    """
    original = random.Random.seed
    of_all = random._inst  # noqa: SLF001 - the one behind `random.random()`
    made: Counter[str] = Counter()

    def begin(generator: random.Random, a: Any = None, version: int = 2) -> None:  # noqa: ANN401 - any seed there is
        frame = _caller()
        while module_of(frame) == random.__name__ and frame.f_back is not None:
            frame = frame.f_back
        if a is None and _seals.here is not None and module_of(frame) not in _KEEP_THEIR_CHANCE:
            line = f"{module_of(frame)}:{frame.f_lineno}"
            made[line] += 1
            a = f"{seed}/{line}/{made[line]}"
        original(generator, a, version)

    before = random.getstate()
    random.seed(seed)
    try:
        with (
            mock.patch.object(random.Random, "seed", begin),
            mock.patch.object(random, "seed", functools.partial(begin, of_all)),
        ):
            yield
    finally:
        random.setstate(before)


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
    instead = AUDITED.get(event)
    seal = _seals.here if instead is not None else None
    if instead is not None and seal is not None:
        raise _noticed(seal, event, instead)


def _caller() -> FrameType:
    """Give the frame of whoever called the function that asks; one above it, as ours are not meant."""
    return sys._getframe(2)  # noqa: SLF001 - the documented way to a caller's line


def _noticed(seal: Seal, called: str, instead: str) -> Leak:
    where = authors_line(_caller().f_back or _caller())
    leak = Leak(f"{called} was called at {where}, but this run is simulated, out of the world's reach. {instead}.")
    seal.leak = seal.leak or leak
    return leak
