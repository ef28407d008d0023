"""A call to an upstream: its addresses are tried one after the other until one answers.

Without a task for each: an address in numbers needs none, and most are.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from harness.links.addresses import split
from harness.links.refusals import Refused
from harness.links.sockets import Socket, unconnected
from harness.links.watch import Watch

NO_FILES_SECONDS = 0.1
"""How long a call waits that cannot be made because the process has no files left."""

Addresses = list[tuple[int, Any]]
"""Of each address its family, and what `connect` takes."""

_CONNECTED = (0, errno.EISCONN)
_NO_FILES = (errno.EMFILE, errno.ENFILE)
_UNDER_WAY = (errno.EINPROGRESS, errno.EALREADY)


class Dialling:
    """A call to an upstream, not yet answered.

    Args:
        upstream: host and port.
        answered: given the connected socket, whose owner it is from then on.
        failed: called when there is no address left to try.

    Timing: neither is called before `start` has begun; `failed` may be called from within it.
    """

    __slots__ = ("_again", "_answered", "_failed", "_lookup", "_trying", "_untried", "_upstream", "_watch")

    def __init__(
        self,
        upstream: str,
        *,
        watch: Watch,
        answered: Callable[[Socket], object],
        failed: Callable[[], object],
    ) -> None:
        self._watch = watch
        self._upstream = upstream
        self._answered = answered
        self._failed = failed
        self._untried: Addresses = []
        self._trying: Socket | None = None
        self._lookup: asyncio.Task[Addresses] | None = None
        self._again: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Call."""
        try:
            numeric = _numeric(self._upstream)
        except Refused:
            self._failed()
            return
        if numeric:
            self._try(numeric)
        else:
            self._lookup = asyncio.get_running_loop().create_task(self._look_up())
            self._lookup.add_done_callback(self._looked_up)

    def cancel(self) -> None:
        """Call no more."""
        self._untried.clear()
        if self._lookup is not None:
            self._lookup.cancel()
        if self._again is not None:
            self._again.cancel()
        if self._trying is not None:
            self._hang_up(self._trying)

    async def _look_up(self) -> Addresses:
        host, port = split(self._upstream)
        found = await asyncio.get_running_loop().getaddrinfo(host or "localhost", port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]

    def _looked_up(self, lookup: asyncio.Task[Addresses]) -> None:
        if not lookup.cancelled():
            self._try([] if lookup.exception() else lookup.result())

    def _try(self, addresses: Addresses) -> None:
        self._untried = addresses[:]
        self._try_next()

    def _try_next(self) -> None:
        while self._untried:
            family, address = self._untried.pop(0)
            try:
                calling = unconnected(family)
            except OSError as error:  # or there is no such family here
                if error.errno not in _NO_FILES:
                    continue
                self._untried.insert(0, (family, address))  # the client may wait until others have left
                self._again = asyncio.get_running_loop().call_later(NO_FILES_SECONDS, self._try_next)
                return
            calling.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # On this machine a second look nearly always finds it connected, and saves waiting for the loop.
            how = calling.connect_ex(address) and calling.connect_ex(address)
            if how in _CONNECTED:
                self._answered(calling)
                return
            if how in _UNDER_WAY:
                self._trying = calling
                self._watch.write(calling.fileno(), partial(self._settled, calling, address))
                return
            calling.close()
        self._failed()

    def _settled(self, calling: Socket, address: Any) -> None:  # noqa: ANN401 - each family has its own
        how = calling.connect_ex(address)
        if how in _UNDER_WAY:  # called for nothing: its number was another socket's a moment ago
            return
        if how not in _CONNECTED:
            self._hang_up(calling)
            self._try_next()
        else:
            self._watch.stop_writing(calling.fileno())
            self._trying = None
            self._answered(calling)

    def _hang_up(self, calling: Socket) -> None:
        self._trying = None
        self._watch.stop_writing(calling.fileno())
        calling.close()


@lru_cache
def _numeric(upstream: str) -> Addresses:
    """Read an address in numbers; give nothing if it is a name.

    Raises:
        Refused: when it is neither.
    """
    host, port = split(upstream)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        return []
    return [(family, address) for family, _, _, _, address in found]
