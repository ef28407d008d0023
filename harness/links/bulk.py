"""Bulk moved from one socket to another inside the kernel, where the system can do that."""

from __future__ import annotations

import contextlib
import fcntl
import os
from functools import cache

PIPE_BYTES = 1024 * 1024
"""How much is moved at once: the most that a user without privileges may have in a pipe."""


def carry(source: int, target: int) -> tuple[int, bytes]:
    """Move what has come from one socket to the other.

    Returns:
        How much was taken from the source, nothing also when it has ended or broken off, or where the system cannot:
        reading tells. And what of it the target did not take.
    """
    if not hasattr(os, "splice"):
        return 0, b""
    out_of, into = _pipe()
    try:
        taken = left = os.splice(source, into, PIPE_BYTES)
    except OSError:
        return 0, b""
    with contextlib.suppress(OSError):  # full, or broken off: whoever writes the rest learns which
        while left:
            left -= os.splice(out_of, target, left)
    return taken, os.read(out_of, left) if left else b""


@cache
def _pipe() -> tuple[int, int]:
    """Make what data passes through on its way: empty before and after each call, so one is enough for all."""
    out_of, into = os.pipe()
    os.set_blocking(into, False)
    with contextlib.suppress(AttributeError, OSError):  # then it is as long as pipes are
        fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return out_of, into
