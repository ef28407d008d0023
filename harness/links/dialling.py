"""A call to an upstream: its addresses are tried one after the other until one answers.

Without a task for each: an address in numbers needs none, and most are.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from harness.links.addresses import split
from harness.links.refusals import Refused

Addresses = list[tuple[int, Any]]
"""Of each address its family, and what `connect` takes."""

_CONNECTED = (0, errno.EISCONN)
_UNDER_WAY = (errno.EINPROGRESS, errno.EALREADY)


class Dialling:
    """A call to an upstream, not yet answered.

    Args:
        upstream: host and port.
        answered: given the connected socket, whose owner it is from then on.
        failed: called when there is no address left to try.

    Timing: neither is called before `start` has begun; `failed` may be called from within it.
    """

    def __init__(
        self, upstream: str, *, answered: Callable[[socket.socket], object], failed: Callable[[], object]
    ) -> None:
        self._upstream = upstream
        self._answered = answered
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._untried: Addresses = []
        self._trying: socket.socket | None = None
        self._lookup: asyncio.Task[Addresses] | None = None

    def start(self) -> None:
        """Call."""
        try:
            host, port = split(self._upstream)
        except Refused:
            self._failed()
            return
        numeric = _numeric(host, port)
        if numeric:
            self._try(numeric)
        else:
            self._lookup = self._loop.create_task(self._look_up(host, port))
            self._lookup.add_done_callback(self._looked_up)

    def cancel(self) -> None:
        """Call no more."""
        self._untried.clear()
        if self._lookup is not None:
            self._lookup.cancel()
        if self._trying is not None:
            self._hang_up(self._trying)

    async def _look_up(self, host: str, port: int) -> Addresses:
        found = await self._loop.getaddrinfo(host or "localhost", port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]

    def _looked_up(self, lookup: asyncio.Task[Addresses]) -> None:
        if not lookup.cancelled():
            self._try([] if lookup.exception() else lookup.result())

    def _try(self, addresses: Addresses) -> None:
        self._untried = list(addresses)
        self._try_next()

    def _try_next(self) -> None:
        while self._untried:
            family, address = self._untried.pop(0)
            try:
                calling = socket.socket(family, socket.SOCK_STREAM)
            except OSError:  # no files left, or no such family here
                continue
            calling.settimeout(0)
            # On this machine a second look nearly always finds it connected, and saves waiting for the loop.
            how = calling.connect_ex(address) and calling.connect_ex(address)
            if how in _CONNECTED:
                self._answered(calling)
                return
            if how in _UNDER_WAY:
                self._trying = calling
                self._loop.add_writer(calling.fileno(), self._settled, calling)
                return
            calling.close()
        self._failed()

    def _settled(self, calling: socket.socket) -> None:
        if calling.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._hang_up(calling)
            self._try_next()
        else:
            self._loop.remove_writer(calling.fileno())
            self._trying = None
            self._answered(calling)

    def _hang_up(self, calling: socket.socket) -> None:
        self._trying = None
        self._loop.remove_writer(calling.fileno())
        calling.close()


@lru_cache
def _numeric(host: str, port: int) -> Addresses:
    """Read an address in numbers; give nothing if it is a name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        return []
    return [(family, address) for family, _, _, _, address in found]
