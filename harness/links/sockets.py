"""Sockets as the system has them, for the two connections of each client.

Python's own class wraps them for what no link needs, which takes a twentieth of the processor time of a connection.
"""

from __future__ import annotations

import socket
from socket import SocketType as Socket
from typing import Any

__all__ = ("Socket", "accepted", "unconnected")

_STREAM = int(socket.SOCK_STREAM)
_WAITLESS = int(getattr(socket, "SOCK_NONBLOCK", 0))
"""Where the system can make sockets that never wait, that saves a system call."""


def accepted(listener: socket.socket, *, family: int) -> tuple[Socket, Any]:
    """Let the next client in; give its socket, which never waits, and its address.

    Raises:
        OSError: as `accept`.
    """
    number, address = listener._accept()  # type: ignore[attr-defined]  # noqa: SLF001 - `accept` would wrap it
    connected = Socket(family, _STREAM, 0, number)
    connected.settimeout(0)
    return connected, address


def unconnected(family: int) -> Socket:
    """Make a socket that never waits.

    Raises:
        OSError: when there is no such family here, or no file left.
    """
    made = Socket(family, _STREAM | _WAITLESS)
    if not _WAITLESS:
        made.settimeout(0)
    return made
