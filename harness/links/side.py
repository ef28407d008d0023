"""One of the two connections of a conversation, as the event loop shows it.

Data is kept until the conversation begins; then it goes straight to the other side, or through the toxics while there
are any. What is counted is counted here.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Protocol, cast

from harness.links.link import Flow

MOST_EARLY_BYTES = 64 * 1024
"""How much a client may send before the upstream has answered our call; then it has to wait."""

_NO_LINGER = struct.pack("ii", 1, 0)


class Conversation(Protocol):
    """What a side tells."""

    def connected(self, side: Side) -> None:
        """Its connection is there."""
        ...

    def received(self, side: Side, data: bytes) -> None:
        """Data came that toxics want to see."""
        ...

    def ended(self, side: Side) -> None:
        """No more data will come."""
        ...

    def lost(self, side: Side, error: Exception | None) -> None:
        """Its connection is closed; with an error, it broke off."""
        ...


class Side(asyncio.Protocol):
    """One of the two connections of a conversation.

    Args:
        conversation: told what happens.
        flow: counts what this side receives and what of that is written to the other.
    """

    peer: Side
    """The other one."""

    def __init__(self, conversation: Conversation, *, flow: Flow) -> None:
        self.transport: asyncio.Transport | None = None
        self.has_ended = False
        self._conversation = conversation
        self.flow = flow
        self._early: list[bytes] = []
        self._paused_by: set[str] = set()

    @property
    def is_open(self) -> bool:
        """Whether it can be written to."""
        return self.transport is not None and not self.transport.is_closing()

    @property
    def address(self) -> str:
        """Who is at its other end."""
        peer = self.transport.get_extra_info("peername") if self.transport is not None else None
        return f"{peer[0]}:{peer[1]}" if peer else "somebody who has left"

    # What the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102
        self.transport = cast("asyncio.Transport", transport)
        self._conversation.connected(self)

    def data_received(self, data: bytes) -> None:
        """Keep data for the time when the conversation has begun; `begin` takes another path."""
        self._early.append(data)
        if sum(map(len, self._early)) > MOST_EARLY_BYTES:
            self.pause("not begun")

    def eof_received(self) -> bool:  # noqa: D102
        self.has_ended = True
        self._conversation.ended(self)
        return True  # the other half is still open

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self.transport = None
        self._conversation.lost(self, exc)

    def pause_writing(self) -> None:  # noqa: D102
        self.peer.pause("slow receiver")

    def resume_writing(self) -> None:  # noqa: D102
        self.peer.resume("slow receiver")

    # What the conversation says

    def take_path(self, *, untouched: bool) -> None:
        """Handle data from now on like this: straight to the other side, or through the toxics."""
        if self.transport is None or self.peer.transport is None:
            return
        path = _straight(self.peer.transport.write, self.flow) if untouched else self._into_toxics
        self.data_received = path  # type: ignore[method-assign,assignment]
        self.transport.set_protocol(self)  # uvloop looks `data_received` up here and nowhere else

    def catch_up(self) -> None:
        """Handle what came before the conversation began."""
        early, self._early = self._early, []
        for data in early:
            self.data_received(data)
        if self.has_ended:
            self._conversation.ended(self)
        self.resume("not begun")

    def send(self, data: bytes, *, counted_in: Flow) -> None:
        """Write data that came out of toxics."""
        if self.transport is not None and self.is_open:
            self.transport.write(data)
            counted_in.out_of_toxics_bytes += len(data)

    def end(self) -> None:
        """Close the sending half, after what was written."""
        if self.transport is not None and self.is_open:
            self.transport.write_eof()

    def pause(self, reason: str) -> None:
        """Stop reading, until every reason to is gone."""
        if not self._paused_by and self._is_reading and self.transport is not None:
            self.transport.pause_reading()
        self._paused_by.add(reason)

    def resume(self, reason: str) -> None:
        """Take a reason not to read away."""
        was_paused = bool(self._paused_by)
        self._paused_by.discard(reason)
        if was_paused and not self._paused_by and self._is_reading and self.transport is not None:
            self.transport.resume_reading()

    def close(self) -> None:
        """Close, after what was written."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    def reset(self) -> None:
        """Close at once, with a TCP reset."""
        found: socket.socket | None = self.transport.get_extra_info("socket") if self.transport is not None else None
        if found is not None:
            with contextlib.suppress(OSError):  # the loop may have closed it already
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.abort()

    @property
    def _is_reading(self) -> bool:
        return self.is_open and not self.has_ended

    def _into_toxics(self, data: bytes) -> None:
        self.flow.into_toxics_bytes += len(data)
        self._conversation.received(self, data)


def _straight(write: Callable[[bytes], None], flow: Flow) -> Callable[[bytes], None]:
    def pass_on(data: bytes) -> None:
        try:
            write(data)
        except RuntimeError:  # uvloop, when the other side broke off this very moment; we shall hear of it next
            return
        flow.straight_bytes += len(data)

    return pass_on
