"""Sockets as the system has them, for the two connections of each client.

Python's own class wraps them for what no link needs, which takes a twentieth of the processor time of a connection.
"""

from __future__ import annotations

import fcntl
import socket
import termios
from socket import SocketType as Socket
from typing import Any

__all__ = ("Socket", "accepted", "finish_handshake", "has_data", "hold_handshake", "unconnected")

_STREAM = int(socket.SOCK_STREAM)
_WAITLESS = int(getattr(socket, "SOCK_NONBLOCK", 0))
"""Where the system can make sockets that never wait, that saves a system call."""

_ACKNOWLEDGE_AT_ONCE = getattr(socket, "TCP_QUICKACK", None)
_NOTHING = bytes(4)
_COUNT = bytearray(_NOTHING)


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


def has_data(connected: Socket) -> bool:
    """Say whether something can be read."""
    fcntl.ioctl(connected, termios.FIONREAD, _COUNT)
    return _COUNT != _NOTHING


def hold_handshake(calling: Socket) -> None:
    """Let the last packet of the handshake wait for the first data, where the system can.

    That is a packet less, and the upstream is woken once, not twice.

    Cleanup: send data the moment that it is connected, or `finish_handshake`; else the upstream hears of it 0.2 s late.
    """
    if _ACKNOWLEDGE_AT_ONCE is not None:
        calling.setsockopt(socket.IPPROTO_TCP, _ACKNOWLEDGE_AT_ONCE, 0)


def finish_handshake(connected: Socket) -> None:
    """Send the last packet of the handshake, if it was held back."""
    if _ACKNOWLEDGE_AT_ONCE is not None:
        connected.setsockopt(socket.IPPROTO_TCP, _ACKNOWLEDGE_AT_ONCE, 1)
