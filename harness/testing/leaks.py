"""What reaches for the real world out of a simulated run: by which name it is called, and what to do instead."""

from __future__ import annotations

import _thread
import functools
import os
import random
import select
import signal
import sys
import sysconfig
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

from harness.links import alarm

ASK_THE_CLOCK = "Ask the loop (`loop.time()`), the clock or the runtime port for the time"
_WAIT_ON_THE_LOOP = "Wait with `asyncio.sleep` or the runtime port, which takes no time here"
_NO_THREADS = "Call the function itself: a thread lives in the wall's time"
_NO_SOCKETS = "Use harness.testing.Network, where connections are made in memory"
_USE_A_SEED = "Draw from a seeded `random.Random`, ids and salts included"
_NO_PROCESSES = "Run the application itself, on harness.testing.Network"

_BY_MEANING: Mapping[str, Sequence[tuple[Any, Sequence[str]]]] = {
    ASK_THE_CLOCK: [
        (time, ["time", "time_ns", "monotonic", "monotonic_ns", "clock_gettime", "clock_gettime_ns"]),
        (time, ["localtime", "gmtime", "ctime", "asctime", "strftime"]),
    ],
    _WAIT_ON_THE_LOOP: [
        (time, ["sleep"]),
        (threading.Condition, ["wait"]),  # by which an Event, a Semaphore, a Barrier and a Queue wait, too
        (select, ["select", "poll", "epoll", "kqueue"]),
        (signal, ["pause", "sigwait", "sigwaitinfo", "sigtimedwait"]),
        (alarm, ["timer_file"]),
    ],
    _NO_THREADS: [(threading.Thread, ["start"]), (_thread, ["start_new_thread"])],
    _USE_A_SEED: [(os, ["urandom", "getrandom"]), (random, ["_urandom"]), (uuid, ["uuid1"])],
    _NO_PROCESSES: [(os, ["spawnv", "spawnve", "spawnvp", "spawnvpe"]), (BaseProcess, ["start"])],
}

CALLS: Sequence[tuple[Any, str, str]] = [
    (owner, name, instead)
    for instead, places in _BY_MEANING.items()
    for owner, names in places
    for name in names
    if hasattr(owner, name)  # not every system has them all
]
"""Where a call is found, its name, and what to do instead."""

IN_C: Sequence[tuple[type, str, str]] = [(datetime, "now", ASK_THE_CLOCK), (datetime, "utcnow", ASK_THE_CLOCK)]
"""The same of class methods of a type that is written in C. `today` asks `time.time`."""

AUDITED: Mapping[str, str] = {
    "socket.__new__": _NO_SOCKETS,
    "socket.getaddrinfo": _NO_SOCKETS,
    "socket.gethostbyname": _NO_SOCKETS,
    "socket.gethostbyaddr": _NO_SOCKETS,
    "socket.getnameinfo": _NO_SOCKETS,
    "subprocess.Popen": _NO_PROCESSES,
    "os.posix_spawn": _NO_PROCESSES,
    "os.exec": _NO_PROCESSES,
    "os.system": _NO_PROCESSES,
}
"""Events of Python's own audit that mean a leak; a fork is none, for a run may be continued in two ways."""

_MOMENT_AT = {"localtime": 0, "gmtime": 0, "ctime": 0, "asctime": 0, "strftime": 1}
"""Functions that say a moment in other words, and which argument it is; the clock is asked where it is left out."""

_MAY_READ_THE_CLOCK = frozenset({"logging", "http.cookiejar"})
"""Modules that stamp what never becomes part of a run."""

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_PROGRAMS = Path(sysconfig.get_path("scripts"))


def is_harmless(name: str, instead: str, *, arguments: Sequence[object], caller: FrameType) -> bool:
    """Whether a call does not reach for the real world after all, or nothing of it can become part of a run."""
    if instead != ASK_THE_CLOCK:
        return False
    if name in _MOMENT_AT and [*arguments, None, None][_MOMENT_AT[name]] is not None:
        return True
    return module_of(caller) in _MAY_READ_THE_CLOCK


def module_of(frame: FrameType) -> str:
    """Give the name of the module whose code a frame runs."""
    return frame.f_globals.get("__name__") or ""


def authors_line(frame: FrameType) -> str:
    """Say where in the author's own code a call comes from: past Python's, past what is installed, past this package.

    Args:
        frame: of whoever called; its line is given where nothing on the way is the author's.
    """
    above: FrameType | None = frame
    while above is not None and not _is_authors(module_of(above), above.f_code.co_filename):
        above = above.f_back
    found = above or frame
    return f"{found.f_code.co_filename}:{found.f_lineno}"


@functools.cache
def _is_authors(module: str, file: str) -> bool:
    if module.partition(".")[0] in sys.stdlib_module_names or module.startswith(f"{__package__}."):
        return False
    path = Path(file)
    return path.parent != _PROGRAMS and _INSTALLED.isdisjoint(path.parts)
