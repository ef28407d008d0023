"""Where a link listens, written as Go writes it: `localhost:7070`, `:7070` (everywhere), `[::1]:0`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket

from harness.links.refusals import Refused, cannot_listen

BACKLOG = 1024
"""How many connections may wait to be accepted."""

Resolved = tuple[socket.AddressFamily, str, int]
"""A family, a numeric host and a port."""


def split(address: str) -> tuple[str, int]:
    """Read host and port.

    Raises:
        Refused: when there is no port, or it is none.
    """
    host, colon, port = address.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        raise cannot_listen(f": address {address}: {'too many colons' if colon else 'missing port'} in address")
    if not ((port.isascii() and port.isdigit()) or not port):
        raise cannot_listen(f": lookup tcp/{port}: unknown port")
    if int(port or 0) > 65535:
        raise cannot_listen(f": address {port}: invalid port")
    return host.removeprefix("[").removesuffix("]"), int(port or 0)


def joined(host: str, port: int) -> str:
    """Write host and port."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def resolve(address: str) -> Resolved:
    """Look a listening address up; of several, an IPv4 one is taken, as Go does.

    Raises:
        Refused: when it cannot be read, or the name is not known.
    """
    host, port = split(address)
    if not host:
        everywhere = (socket.AF_INET6, "::", port), (socket.AF_INET, "0.0.0.0", port)  # noqa: S104 - as asked for
        return everywhere[0] if socket.has_dualstack_ipv6() else everywhere[1]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise cannot_listen(f": lookup {host}: no such host") from None
    family, _, _, _, bound = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return socket.AddressFamily(family), str(bound[0]), port


def listen(resolved: Resolved) -> socket.socket:
    """Bind a socket there and listen.

    Raises:
        Refused: when the address is taken or not ours; `status` is 500, as with Toxiproxy.
    """
    family, host, port = resolved
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _send_at_once(bound)  # and so do all whom it accepts
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        bound.bind((host, port))
        bound.listen(BACKLOG)
        bound.settimeout(0)
    except OSError as error:
        bound.close()
        raise _refusal(error, joined(host, port)) from error
    return bound


def _send_at_once(connection: socket.socket) -> None:
    # It does not leave this machine. Where BBR is the system's way to avoid congestion, it would meter out what is sent
    # by a timer for nearly each packet, which takes a third of the processor time of bulk.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(AttributeError, OSError):  # Linux has Reno for everybody; others may not even ask
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")


def _refusal(error: OSError, address: str) -> Refused:
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    return cannot_listen(f" {address}: bind: {reason}")
