"""A call to an upstream: its addresses are tried one after the other until one answers.

Without a task for each: an address in numbers needs none, and most are.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import chain
from typing import Any

from harness.links.addresses import split
from harness.links.refusals import Refused
from harness.links.sockets import Socket, finish_handshake, hold_handshake, unconnected
from harness.links.watch import Watch

NO_FILES_SECONDS = 0.1
"""How long a call waits that cannot be made because the process has no files left."""

Address = tuple[int, Any]
"""Its family, and what `connect` takes."""
Addresses = list[Address]

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

    __slots__ = ("_answered", "_brings_data", "_failed", "_give_up", "_untried", "_upstream", "_watch")

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
        self._untried: Iterator[Address] = iter(())
        self._give_up: Callable[[], object] | None = None

    def start(self, *, brings_data: bool = False) -> None:
        """Call.

        Args:
            brings_data: whether data is sent the moment that this returns, if it is answered by then.
        """
        self._brings_data = brings_data
        try:
            numeric = _numeric(self._upstream)
        except Refused:
            self._failed()
            return
        if numeric:
            self._untried = iter(numeric)
            self._try_next()
        else:
            lookup = asyncio.get_running_loop().create_task(self._look_up())
            lookup.add_done_callback(self._looked_up)
            self._give_up = lookup.cancel
        self._brings_data = False

    def cancel(self) -> None:
        """Call no more."""
        self._untried = iter(())
        if self._give_up is not None:
            self._give_up()
            self._give_up = None

    async def _look_up(self) -> Addresses:
        host, port = split(self._upstream)
        found = await asyncio.get_running_loop().getaddrinfo(host or "localhost", port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]

    def _looked_up(self, lookup: asyncio.Task[Addresses]) -> None:
        if not lookup.cancelled():
            self._untried = iter(() if lookup.exception() else lookup.result())
            self._try_next()

    def _try_next(self) -> None:
        self._give_up = None  # which may know this call: a circle that somebody would have to find
        for family, address in self._untried:
            try:
                calling = unconnected(family)
            except OSError as error:  # or there is no such family here
                if error.errno not in _NO_FILES:
                    continue
                self._untried = chain(((family, address),), self._untried)  # the client may wait until others have left
                self._give_up = asyncio.get_running_loop().call_later(NO_FILES_SECONDS, self._try_next).cancel
                return
            calling.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._brings_data:
                hold_handshake(calling)
            # On this machine a second look nearly always finds it connected, and saves waiting for the loop.
            how = calling.connect_ex(address) and calling.connect_ex(address)
            if how in _CONNECTED:
                self._answered(calling)
                return
            if how in _UNDER_WAY:
                if self._brings_data:
                    finish_handshake(calling)
                self._give_up = partial(self._hang_up, calling)
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
            self._give_up = None
            self._answered(calling)

    def _hang_up(self, calling: Socket) -> None:
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
