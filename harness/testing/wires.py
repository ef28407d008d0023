"""TCP in memory, byte by byte: for server and client libraries as they are, where a network of requests is not enough.

Rules of this file: what is written arrives in the loop's next turn, in order and whole, unless a link on the way says
otherwise; a receiver that does not read stops its sender; whoever closes is heard to close, whoever resets breaks the
other end off. No byte takes time of its own: that is what the toxics of a link are for.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from enum import Enum

from harness.errors import HarnessError
from harness.ingress.records import Address

HOLDS_BYTES = 64 * 1024
"""How much may wait for a receiver before its sender is told to pause, as asyncio's own transports have it."""

_FIRST_CLIENT_PORT = 40_000

Answer = Callable[[], asyncio.Protocol]
"""Makes the protocol that takes a connection in."""


class Wires:
    """Addresses where protocols listen, and the connections between them."""

    def __init__(self) -> None:
        self._listening: dict[Address, Answer] = {}
        self._ports = itertools.count(_FIRST_CLIENT_PORT)

    def listen(self, address: Address, answer: Answer) -> None:
        """Take connections in at an address, each with a protocol of its own.

        Raises:
            HarnessError: when the address is in use.
        """
        if address in self._listening:
            message = f"{address} is in use on these wires. Close what listens there, or give another address."
            raise HarnessError(message)
        self._listening[address] = answer

    def close(self, address: Address) -> None:
        """Refuse connections to an address from now on; those that are open stay open."""
        self._listening.pop(address, None)

    def accepts(self, address: Address) -> bool:
        """Whether somebody listens at an address."""
        return address in self._listening

    def connect(self, address: Address, protocol: asyncio.Protocol) -> End:
        """Connect a protocol to an address; gives its end of the connection.

        Raises:
            ConnectionRefusedError: when nobody listens there.
        """
        answer = self._listening.get(address)
        if answer is None:
            message = f"nobody listens at {address}"
            raise ConnectionRefusedError(message)
        here, there = ("127.0.0.1", next(self._ports)), (address.host, address.port)
        client, server = End(protocol, name=here, peer=there), End(answer(), name=there, peer=here)
        client.other, server.other = server, client
        server.protocol.connection_made(server)
        protocol.connection_made(client)
        return client


class _Ending(Enum):
    """How a peer ends what it sends."""

    END = "it has no more to say"
    RESET = "it broke the connection off"


class End(asyncio.Transport):
    """One end of a connection: a transport, as asyncio's protocols know them.

    Args:
        protocol: told what comes.
        name: its own host and port.
        peer: the other end's.
    """

    other: End

    def __init__(self, protocol: asyncio.Protocol, *, name: tuple[str, int], peer: tuple[str, int]) -> None:
        super().__init__({"sockname": name, "peername": peer})
        self.protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._inbox: deque[bytes | _Ending] = deque()
        self._inbox_bytes = 0
        self._reads = True
        self._is_woken = False
        self._is_full = False
        self._said_all = False
        self._is_closed = False

    @property
    def has_news(self) -> bool:
        """Whether something has come that was not read yet, an ending included."""
        return bool(self._inbox)

    # What protocols ask of a transport

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send data."""
        if data and not (self._is_closed or self._said_all):
            self.other.take(bytes(data))

    def can_write_eof(self) -> bool:
        """Say that half a connection can be closed."""
        return True

    def write_eof(self) -> None:
        """Close the sending half."""
        if not self._said_all:
            self._said_all = True
            self.other.take(_Ending.END)

    def close(self) -> None:
        """Close; what was written still arrives."""
        self.write_eof()
        self._lose(None)

    def abort(self) -> None:
        """Close at once, with a reset: whatever was under way is lost."""
        self.reset()

    def reset(self) -> None:
        """Break the connection off."""
        if not self._is_closed:
            self.other.break_off()
        self._lose(None)

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self._is_closed

    def pause_reading(self) -> None:
        """Leave what comes where it is."""
        self._reads = False

    def resume_reading(self) -> None:
        """Read on."""
        self._reads = True
        self._wake()

    def is_reading(self) -> bool:
        """Whether it reads what comes."""
        return self._reads

    def get_write_buffer_size(self) -> int:
        """Say how much of what was written waits to be read."""
        return self.other.waiting_bytes

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Give who is told what comes."""
        return self.protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let somebody else be told what comes."""
        assert isinstance(protocol, asyncio.Protocol), "bytes come in pieces here, not into buffers"
        self.protocol = protocol

    # What the other end does

    @property
    def waiting_bytes(self) -> int:
        """How much waits to be read."""
        return self._inbox_bytes

    def take(self, item: bytes | _Ending) -> None:
        """Let something arrive."""
        if self._is_closed:
            return
        self._inbox.append(item)
        if isinstance(item, bytes):
            self._inbox_bytes += len(item)
            if self._inbox_bytes > HOLDS_BYTES and not self._is_full:
                self._is_full = True
                self.other.protocol.pause_writing()
        self._wake()

    def break_off(self) -> None:
        """Let a reset arrive: it overtakes what was sent and not read, as it does on a real wire."""
        self._inbox.clear()
        self._reads = True
        self.take(_Ending.RESET)

    # Within

    def _wake(self) -> None:
        if self._inbox and self._reads and not self._is_woken:
            self._is_woken = True
            self._loop.call_soon(self._read)

    def _read(self) -> None:
        self._is_woken = False
        while self._inbox and self._reads and not self._is_closed:
            item = self._inbox.popleft()
            if isinstance(item, bytes):
                self._inbox_bytes -= len(item)
                self.protocol.data_received(item)
                self._let_go_on()
            elif item is _Ending.RESET:
                self._lose(ConnectionResetError("the other end broke the connection off"))
            elif not self.protocol.eof_received():
                self.close()

    def _let_go_on(self) -> None:
        if self._is_full and self._inbox_bytes <= HOLDS_BYTES // 4:
            self._is_full = False
            self.other.protocol.resume_writing()

    def _lose(self, error: Exception | None) -> None:
        if self._is_closed:
            return
        self._is_closed = self._said_all = True
        self._inbox.clear()
        if self._is_full:
            self._inbox_bytes = 0
            self._let_go_on()
        self._loop.call_soon(self.protocol.connection_lost, error)
