"""A link on wires in memory: the toxics of harness/links, on bytes that need no socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from harness.ingress.records import Address
from harness.links.commands import (
    CloseConnection,
    Commands,
    EndWriting,
    PauseReading,
    ResetConnection,
    ResumeReading,
    WakeAt,
    Write,
)
from harness.links.link import Connection, Direction, Link, Outcome
from harness.testing.wires import End, Wires


class WireLink:
    """A link on wires: what arrives at one address goes to another, through the toxics of the link's core.

    Args:
        core: the toxics, and what they do.
        wires: where it listens.
        to: where it leads.
        now: link seconds.
    """

    def __init__(self, core: Link, *, wires: Wires, to: Address, now: Callable[[], float]) -> None:
        self.core = core
        """The toxics, and what they do."""
        self.wires = wires
        self.to = to
        self.now = now
        self._conversations: dict[int, _Conversation] = {}

    def answer(self) -> asyncio.Protocol:
        """Take a connection in; for `Wires.listen`."""
        return _Side(_Conversation(self), Direction.UPSTREAM)

    def carry_out(self, outcome: Outcome) -> None:
        """Do what came of a change of toxics."""
        for connection, direction, commands in outcome:
            if connection.number in self._conversations:
                self._conversations[connection.number].carry_out(commands, direction)

    def cut(self) -> None:
        """Break every connection off."""
        for conversation in tuple(self._conversations.values()):
            conversation.reset()

    def begin(self, conversation: _Conversation) -> None:
        """Let a conversation's data flow through the toxics."""
        self._conversations[conversation.connection.number] = conversation
        self.carry_out(self.core.begin(conversation.connection, now=self.now()))

    def forget(self, conversation: _Conversation) -> None:
        """Know no more of a conversation that has ended."""
        self.core.close(conversation.connection)
        self._conversations.pop(conversation.connection.number, None)


class _Conversation:
    """A client's connection and the one to the upstream, joined by the link."""

    def __init__(self, link: WireLink) -> None:
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._ends: dict[Direction, End] = {}
        self._halves_ended = 0
        self.connection: Connection

    def came(self, end: End, sends: Direction) -> None:
        """Take one of the two ends; the client's comes first."""
        self._ends[sends] = end
        if sends is Direction.DOWNSTREAM:
            return
        self.connection = self._link.core.open("{}:{}".format(*end.get_extra_info("peername")))
        try:
            self._link.wires.connect(self._link.to, _Side(self, Direction.DOWNSTREAM))
        except ConnectionRefusedError:
            end.close()  # accepted, then closed: what a client of Toxiproxy sees when there is no upstream
        else:
            self._link.begin(self)

    def send(self, data: bytes, direction: Direction) -> None:
        """Send data into the toxics of a direction; nothing is the end of it."""
        stream, now = self.connection.streams[direction], self._link.now()
        self.carry_out(stream.receive(data, now=now) if data else stream.finish(now), direction)

    def lost(self, direction: Direction, error: Exception | None) -> None:
        """Close the other end the way this one was closed."""
        del self._ends[direction]
        other = self._ends.get(direction.other)
        if other is None:
            self._link.forget(self)
        elif error is None:
            other.close()
        else:
            other.reset()

    def reset(self) -> None:
        """Break both ends off."""
        for end in tuple(self._ends.values()):
            end.reset()

    def carry_out(self, commands: Commands, direction: Direction) -> None:
        """Do what the link's core says about a direction."""
        for command in commands:
            sender, receiver = self._ends.get(direction), self._ends.get(direction.other)
            match command:
                case Write(data=data) if receiver is not None:
                    receiver.write(data)
                case EndWriting():
                    self._end_half(receiver)
                case PauseReading() if sender is not None:
                    sender.pause_reading()
                case ResumeReading() if sender is not None:
                    sender.resume_reading()
                case WakeAt(at=at):
                    # The instant itself, not the clock's: seconds since 1970 are too coarse to tell it exactly.
                    delay = max(0.0, at - self._link.now())
                    self._loop.call_later(delay, self._wake, direction, at)
                case CloseConnection():
                    self._close()
                case ResetConnection():
                    self.reset()

    def _end_half(self, receiver: End | None) -> None:
        self._halves_ended += 1
        if receiver is not None:
            receiver.write_eof()
        if self._halves_ended == len(Direction):
            self._close()

    def _close(self) -> None:
        for end in tuple(self._ends.values()):
            end.close()

    def _wake(self, direction: Direction, at: float) -> None:
        if self._ends:
            self.carry_out(self.connection.streams[direction].wake(at), direction)


class _Side(asyncio.Protocol):
    """One end of a conversation, as its transport knows it."""

    def __init__(self, conversation: _Conversation, sends: Direction) -> None:
        self._conversation = conversation
        self._sends = sends

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, End), "links are laid between these wires only"
        self._conversation.came(transport, self._sends)

    def data_received(self, data: bytes) -> None:
        self._conversation.send(data, self._sends)

    def eof_received(self) -> bool:
        self._conversation.send(b"", self._sends)
        return True  # the other half stays open

    def connection_lost(self, exc: Exception | None) -> None:
        self._conversation.lost(self._sends, exc)
