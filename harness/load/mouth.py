"""What the load process says to the harness: one JSON line at a time, and never a wait.

Rules of this file: a parent that does not listen for a while must not slow the diners down; what it had no room for is
dropped, counted, and told as soon as there is room, for a history with a hole in it is never judged green.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import Protocol

import msgspec

ROOM_BYTES = 1 << 20
"""What the pipe is asked to hold, where the system can: several thousand requests."""


class Says(Protocol):
    """Whatever a load may report to."""

    def say(self, message: object) -> None:
        """Take one message; never wait."""
        ...


class Mouth:
    """Writes messages into a pipe.

    Args:
        pipe: file descriptor to write to; it never blocks from now on.
    """

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._encode = msgspec.json.Encoder().encode
        self._rest = b""
        self._dropped = 0
        os.set_blocking(pipe, False)
        with contextlib.suppress(AttributeError, OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, ROOM_BYTES)

    def say(self, message: object) -> None:
        """Write one line; a parent that is gone hears nothing, and the end of the input will say so."""
        told = self._encode({"dropped": self._dropped}) + b"\n" if self._dropped else b""
        line = self._encode(message) + b"\n"
        try:
            written = os.write(self._pipe, self._rest + told + line)
        except BlockingIOError:
            self._dropped += 1
            return
        except BrokenPipeError:
            return
        # More than the pipe takes at once is cut wherever it may be: the rest goes first the next time.
        self._rest = (self._rest + told + line)[written:]
        self._dropped = 0
