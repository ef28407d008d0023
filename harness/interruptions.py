"""Ctrl-C and SIGTERM: the first ends the work under way, and those after it wait until all is healed and kept."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 30.0
"""How long another Ctrl-C waits for healing: what hangs can be ended, and no impatience leaves half a report."""


class Interruptions:
    """What a run hears of signals.

    Args:
        now: wall seconds that never leap.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._waits_until = float("-inf")
        self._was_raised = False
        self._has_waited = False

    @property
    def is_owed(self) -> bool:
        """Whether somebody wanted it all to end, and nothing has ended by that."""
        return self._has_waited and not self._was_raised

    def hear(self, *_signal: object) -> None:
        """Take in a signal.

        Raises:
            KeyboardInterrupt: unless it has to wait.
        """
        if self._now() < self._waits_until:
            self._has_waited = True
            return
        self._was_raised = True
        self.wait()
        raise KeyboardInterrupt

    def wait(self) -> None:
        """Let signals wait from now on: a run is being healed."""
        self._waits_until = max(self._waits_until, self._now() + PATIENCE_SECONDS)


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Let processes that are started in this block never hear a Ctrl-C: it goes to whoever started them, and ends them.

    Timing: one that comes meanwhile is heard at the end of the block.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which a new process inherits
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def interruptions() -> Iterator[Interruptions]:
    """Hear of Ctrl-C and SIGTERM, where this process listens to them.

    Raises:
        KeyboardInterrupt: at the end, when one had to wait and nothing has ended by it.

    Cleanup: signals do afterwards what they did before.
    """
    heard = Interruptions()
    is_main = threading.current_thread() is threading.main_thread()
    listened = (number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN)
    before = {number: signal.signal(number, heard.hear) for number in (listened if is_main else ())}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
    if heard.is_owed:
        raise KeyboardInterrupt
