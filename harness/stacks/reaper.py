"""The lease on everything a run starts: a tiny program that kills what the harness leaves behind.

It reads `watch PID` and `forget PID` lines on standard input. End of input means that the harness is gone, however it
went: every process group still watched is killed. Of a `directory PATH` it learns what then is to be removed, too: a
control group, which is empty once what was in it is dead. It runs on the standard library alone, in a session of its
own, so that Ctrl-C reaches the harness and not its lease.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

LETS_GO_WITHIN_SECONDS = 5.0
ASKED_EVERY_SECONDS = 0.02


def reap(lines: Iterable[str]) -> None:
    """Follow the lines to their end, then kill every process group that is still watched."""
    watched: set[int] = set()
    directories: set[str] = set()
    for line in lines:
        verb, _, what = line.strip().partition(" ")
        if verb == "watch":
            watched.add(int(what))
        elif verb == "forget":
            watched.discard(int(what))
        elif verb == "directory":
            directories.add(what)
    for group in watched:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    for directory in directories:
        _remove(directory)


def _remove(directory: str) -> None:
    """Remove a control group as soon as the kernel lets it go; what is no such directory stays."""
    until = time.monotonic() + LETS_GO_WITHIN_SECONDS
    while Path(directory).is_dir() and time.monotonic() < until:
        with contextlib.suppress(OSError):
            Path(directory).rmdir()
            return
        time.sleep(ASKED_EVERY_SECONDS)  # noqa: TID251 - a program of its own, without a clock


class Lease:
    """The harness's end of the lease.

    Cleanup: `release` when every child is gone. If the harness dies first, the lease lapses by itself.
    """

    def __init__(self) -> None:
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )

    def watch(self, pid: int) -> None:
        """Kill this process group if the harness ends without forgetting it."""
        self._say(f"watch {pid}")

    def forget(self, pid: int) -> None:
        """Let go of a process group that has ended."""
        self._say(f"forget {pid}")

    def watch_directory(self, directory: Path) -> None:
        """Remove this control group at the end of the lease, if it is still there."""
        self._say(f"directory {directory}")

    def release(self) -> None:
        """End the lease; whatever is still watched is killed now."""
        if self._reaper.stdin is not None and not self._reaper.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._reaper.stdin.close()
        self._reaper.wait(timeout=10)

    def _say(self, line: str) -> None:
        stdin = self._reaper.stdin
        if stdin is None or stdin.closed:
            return
        with contextlib.suppress(BrokenPipeError):
            stdin.write(line + "\n")
            stdin.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    reap(sys.stdin)
