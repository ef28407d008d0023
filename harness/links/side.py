"""One of the two connections of a conversation: where its data goes, and why it is not read from.

What is counted is counted here.
"""

from __future__ import annotations

from typing import Protocol

from harness.links.link import Flow
from harness.links.stream import Stream
from harness.links.wire import Wire

_NOTHING: frozenset[str] = frozenset()


class Conversation(Protocol):
    """What a side tells."""

    def received(self, side: Side, data: bytes) -> None:
        """Data came that toxics want to see."""
        ...

    def ended(self, side: Side) -> None:
        """No more data will come."""
        ...

    def lost(self, side: Side, error: Exception | None) -> None:
        """Its connection is closed; with an error, it broke off."""
        ...


class Side:
    """One of the two connections of a conversation. Nothing is read from it before it has a path.

    Args:
        conversation: told what happens.
        stream: the toxics that its data meets.
        flow: counts what this side receives and what of that is written to the other.
    """

    __slots__ = ("_conversation", "_paused_by", "flow", "peer", "stream", "wire")

    peer: Side
    """The other one."""

    def __init__(self, conversation: Conversation, *, stream: Stream, flow: Flow) -> None:
        self.wire: Wire | None = None
        """Its connection, from when there is one to when it is closed."""
        self.stream = stream
        self.flow = flow
        self._conversation = conversation
        self._paused_by: frozenset[str] = _NOTHING

    @property
    def is_open(self) -> bool:
        """Whether it can be written to."""
        return self.wire is not None and not self.wire.is_closing

    def let_go(self) -> None:
        """Know nobody any more, so that what is left is gone at once, and nobody has to find it."""
        del self.peer, self._conversation

    # What the wire tells

    def data_received(self, data: bytes) -> None:
        """Let toxics see data; what none wants to see goes straight."""
        self.flow.into_toxics_bytes += len(data)
        self._conversation.received(self, data)

    def eof_received(self) -> None:  # noqa: D102
        self._conversation.ended(self)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: D102
        self.wire = None
        self._conversation.lost(self, error)

    def pause_writing(self) -> None:  # noqa: D102
        self.peer.pause("slow receiver")

    def resume_writing(self) -> None:  # noqa: D102
        self.peer.resume("slow receiver")

    # What the conversation says

    def take_path(self) -> None:
        """Send data from now on straight to the other side, or through the toxics if there are any."""
        wire, other = self.wire, self.peer.wire
        if wire is None or other is None:
            return
        if self.stream.is_untouched:
            wire.pass_on_to(other, self.flow)
        else:
            wire.hand_over()
        if not self._paused_by:
            wire.resume_reading()

    def send(self, data: bytes, *, counted_in: Flow) -> None:
        """Write data that came out of toxics."""
        if self.wire is not None and self.is_open:
            self.wire.write(data)
            counted_in.out_of_toxics_bytes += len(data)

    def end(self) -> None:
        """Close the sending half, after what was written."""
        if self.wire is not None:
            self.wire.end()

    def pause(self, reason: str) -> None:
        """Stop reading, until every reason to is gone."""
        self._paused_by |= {reason}
        if self.wire is not None:
            self.wire.pause_reading()

    def resume(self, reason: str) -> None:
        """Take a reason not to read away."""
        self._paused_by -= {reason}
        if not self._paused_by and self.wire is not None:
            self.wire.resume_reading()

    def close(self) -> None:
        """Close, after what was written."""
        if self.wire is not None:
            self.wire.close()

    def abort(self) -> None:
        """Close at once."""
        if self.wire is not None:
            self.wire.abort()

    def reset(self) -> None:
        """Close at once, with a TCP reset."""
        if self.wire is not None:
            self.wire.reset()
