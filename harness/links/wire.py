"""A TCP connection on the event loop, made for passing data on.

What is written is sent at once; only what the other end does not take is kept, and then nothing more is asked for.
asyncio's transports would do as well, but bulk could not stay in the kernel, which takes half of the processor time
(benchmarks/data_plane.py).
"""

from __future__ import annotations

import socket
import struct
from typing import Protocol

from harness.links.bulk import carry
from harness.links.link import Flow
from harness.links.sockets import Socket
from harness.links.watch import Watch

READ_BYTES = 64 * 1024
"""How much is read at once; who sends that much probably has more."""

_NO_LINGER = struct.pack("ii", 1, 0)


class Receiver(Protocol):
    """Who is told what happens on a wire, in asyncio's words."""

    def data_received(self, data: bytes) -> None:
        """Data came, and the wire is to give it to the receiver."""
        ...

    def eof_received(self) -> None:
        """No more data will come; the other half is still open."""
        ...

    def pause_writing(self) -> None:
        """Some of what was written waits for the other end to read."""
        ...

    def resume_writing(self) -> None:
        """Nothing waits any more."""
        ...

    def connection_lost(self, error: Exception | None) -> None:
        """It is closed; with an error, it broke off."""
        ...


class Wire:
    """A connected socket that belongs to the event loop; nothing is read from it before `resume_reading`.

    Cleanup: `close`, `abort` or `reset`; the receiver is told afterwards, never from within a call.
    """

    __slots__ = (
        "_ends_after",
        "_flow",
        "_is_bulk",
        "_is_reading",
        "_is_straight",
        "_peer",
        "_receiver",
        "_watch",
        "connected",
        "fd",
        "has_ended",
        "is_closing",
        "unsent",
    )

    _peer: Wire
    _flow: Flow

    def __init__(self, connected: Socket, receiver: Receiver, *, watch: Watch) -> None:
        self.has_ended = False
        """Whether the other end has no more to say."""
        self.is_closing = False
        """Whether it is closed, or will be once all is sent."""
        self.connected = connected
        """Its socket."""
        self.fd = connected.fileno()
        """The socket's number; -1 once it is closed."""
        self.unsent = bytearray()
        """What the other end has not taken yet."""
        self._receiver = receiver
        self._watch = watch
        self._is_straight = False
        self._is_reading = self._is_bulk = self._ends_after = False

    # Reading

    def pass_on_to(self, peer: Wire, flow: Flow) -> None:
        """Send what comes straight on from now on, the receiver unasked, and count it."""
        self._peer, self._flow = peer, flow
        self._is_straight = True
        if self._is_reading:
            self._take_path()

    def hand_over(self) -> None:
        """Give what comes to the receiver from now on."""
        self._is_straight = self._is_bulk = False
        if self._is_reading:
            self._take_path()

    def resume_reading(self) -> None:
        """Read whatever comes."""
        if not (self._is_reading or self.has_ended or self.is_closing):
            self._is_reading = True
            self._watch.read(self.fd, self._pass_on if self._is_straight else self._hand_over)

    def read(self) -> None:
        """Read now what the watch would tell of only later."""
        if self._is_reading:
            (self._pass_on if self._is_straight else self._hand_over)()

    def pause_reading(self) -> None:
        """Leave what comes to the kernel, which slows the sender down."""
        if self._is_reading:
            self._is_reading = False
            self._watch.stop_reading(self.fd)

    def _take_path(self) -> None:
        self._watch.read(self.fd, self._pass_on if self._is_straight else self._hand_over)

    def _hand_over(self) -> None:
        try:
            data = self.connected.recv(READ_BYTES)
        except OSError as error:
            self._cannot_read(error)
            return
        if data:
            self._receiver.data_received(data)
        else:
            self._read_all()

    def _pass_on(self) -> None:
        # The path of all data that no toxic wants: each call costs, so the usual case is written out.
        if self._is_bulk and self._carry():
            return
        try:
            data = self.connected.recv(READ_BYTES)
        except OSError as error:
            self._cannot_read(error)
            return
        if not data:
            self._read_all()
            return
        size, peer = len(data), self._peer
        try:
            sent = 0 if peer.unsent else peer.connected.send(data)
        except OSError:  # it is full, or closed, or breaks off: writing knows what to do
            sent = 0
        if sent < size:
            peer.write(data[sent:])
        self._flow.straight_bytes += size
        self._is_bulk = size == READ_BYTES

    def _carry(self) -> int:
        """Let the kernel move what is there; give how much that was."""
        carried, left = (0, b"") if self._peer.unsent else carry(self.fd, self._peer.fd)
        if left:
            self._peer.write(left)
        self._flow.straight_bytes += carried
        self._is_bulk = carried >= READ_BYTES
        return carried

    def _cannot_read(self, error: OSError) -> None:
        if not isinstance(error, (BlockingIOError, InterruptedError)):
            self._lose(error)

    def _read_all(self) -> None:
        self.has_ended = True
        self._receiver.eof_received()
        if self._is_reading:
            self._is_reading = False
            self._watch.stop_reading(self.fd)

    # Writing

    def write(self, data: bytes) -> None:
        """Send data, now or as soon as the other end takes it; nothing once it is closing."""
        if self.unsent or self._ends_after or self.is_closing:
            self._keep(data)
            return
        try:
            sent = self.connected.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            self._lose(error)
            return
        if sent < len(data):
            self._keep(data[sent:])

    def end(self) -> None:
        """Close the sending half, after what was written."""
        self._ends_after = True
        if not self.unsent and not self.is_closing:
            self._shut()

    def _keep(self, data: bytes) -> None:
        if self._ends_after or self.is_closing:
            return
        if not self.unsent:
            self._watch.write(self.fd, self._writable)
            self._receiver.pause_writing()
        self.unsent += data

    def _writable(self) -> None:
        try:
            del self.unsent[: self.connected.send(self.unsent)]
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        if not self.unsent:
            self._watch.stop_writing(self.fd)
            self._all_sent()

    def _all_sent(self) -> None:
        if self.is_closing:
            self._lose(None)
            return
        if self._ends_after:
            self._shut()
        self._receiver.resume_writing()

    def _shut(self) -> None:
        try:
            self.connected.shutdown(socket.SHUT_WR)
        except OSError:  # it broke off
            return  # reading tells

    # Closing

    def close(self) -> None:
        """Close, after what was written."""
        if not self.unsent:
            self._lose(None)
        elif not self.is_closing:
            self.pause_reading()
            self.is_closing = True

    def abort(self) -> None:
        """Close at once."""
        self._lose(None)

    def reset(self) -> None:
        """Close at once, with a TCP reset."""
        if self.fd >= 0:
            self.connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.abort()

    def _lose(self, error: Exception | None) -> None:
        self.is_closing = True
        if self.fd < 0:
            return
        if self._is_straight:
            self._is_straight = False
            del self._peer  # which knows this one: so both are gone at once, and nobody has to find them
        self._is_reading = False
        if self.unsent:
            self.unsent.clear()
        watch = self._watch
        watch.forget(self.fd)
        self.connected.close()
        self.fd = -1
        watch.afterwards(self._receiver.connection_lost, error)
