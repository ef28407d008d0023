"""A client's connection and the one to the upstream, joined by the toxics between them.

The core is asked only about directions that a toxic touches. Half-closed connections stay half-closed, what breaks off
on one side breaks off on the other, and a receiver that does not keep up stops the sender.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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
from harness.links.deadlines import Deadlines
from harness.links.dialling import Dialling
from harness.links.link import Direction, Link
from harness.links.side import Side
from harness.links.sockets import Socket, has_data
from harness.links.watch import Watch
from harness.links.wire import Wire

_UP, _DOWN = Direction

Dial = Callable[[Callable[[Socket], None], Callable[[], None]], Dialling]
"""Makes a call to the upstream from what to do once it is answered, and what if it fails."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all conversations of a link share."""

    link: Link
    """The toxics, and what they do."""
    deadlines: Deadlines
    """Wakes the conversations."""
    now: Callable[[], float]
    """Link seconds."""
    watch: Watch
    """Tells of their sockets."""
    dial: Dial
    """Makes calls to the upstream."""
    gone: Callable[[Conversation], None]
    """Told once both connections are closed."""


class Conversation:
    """What passes between one client and the upstream."""

    __slots__ = ("_around", "_dialling", "_halves_ended", "client", "connection", "server")

    def __init__(self, around: Surroundings, connected: Socket, *, client: str) -> None:
        self._around = around
        self.connection = around.link.open(client)
        """Its part in the core."""
        streams, flows = self.connection.streams, around.link.flows
        self.client = Side(self, stream=streams[_UP], flow=flows[_UP])
        self.server = Side(self, stream=streams[_DOWN], flow=flows[_DOWN])
        self.client.peer, self.server.peer = self.server, self.client
        self.client.wire = Wire(connected, self.client, watch=around.watch)
        self._halves_ended = 0
        self._dialling: Dialling | None = None

    def start(self) -> None:
        """Call the upstream; what the client has said by now goes along at once."""
        wire = self.client.wire
        if wire is None or wire.is_closing:  # the link has been stopped
            return
        speaks = self._around.link.is_untouched and has_data(wire.connected)
        # Accepted, then closed: what a client of Toxiproxy sees when there is no upstream.
        self._dialling = self._around.dial(self._begin, self.client.close)
        self._dialling.start(brings_data=speaks)
        if speaks and self.server.wire is not None:
            wire.read()

    # What the sides tell

    def received(self, side: Side, data: bytes) -> None:
        """Send data through the toxics."""
        self._carry_out(side.stream.receive(data, now=self._around.now()), side)

    def ended(self, side: Side) -> None:
        """Send the end of a side's data through the toxics."""
        if side.stream.is_untouched:  # as most are: so each step that this saves is worth it
            side.stream.end()
            self._end_half(side.peer)
        else:
            self._carry_out(side.stream.finish(self._around.now()), side)

    def lost(self, side: Side, error: Exception | None) -> None:
        """Close the other side the way this one was closed."""
        if self._dialling is not None:
            self._dialling.cancel()
            self._dialling = None
        peer = side.peer
        if error is not None:
            peer.reset()
        elif peer.wire is not None and not peer.wire.is_closing:
            peer.wire.close()
        if peer.wire is None:
            self._around.link.close(self.connection)
            self._around.gone(self)
            side.let_go()
            peer.let_go()

    # What the link says

    def carry_out(self, commands: Commands, direction: Direction) -> None:
        """Do what came of a change of toxics, and let data take the path that is right from then on."""
        sender = self._sender(direction)
        self._carry_out(commands, sender)
        sender.take_path()

    def abort(self) -> None:
        """Close both connections at once."""
        self.client.abort()
        self.server.abort()

    # The two of them

    def _begin(self, connected: Socket) -> None:
        self._dialling = None
        self.server.wire = Wire(connected, self.server, watch=self._around.watch)
        for _, direction, commands in self._around.link.begin(self.connection, now=self._around.now()):
            self._carry_out(commands, self._sender(direction))
        self.client.take_path()
        self.server.take_path()

    def _sender(self, direction: Direction) -> Side:
        return self.client if direction is _UP else self.server

    def _carry_out(self, commands: Commands, sender: Side) -> None:
        for command in commands:
            match command:
                case Write(data):
                    sender.peer.send(data, counted_in=sender.flow)
                case WakeAt(at):
                    self._around.deadlines.add(at, partial(self._wake, sender))
                case EndWriting():
                    self._end_half(sender.peer)
                case CloseConnection():
                    self._close()
                case ResetConnection():
                    self.client.reset()
                    self.server.reset()
                case PauseReading():
                    sender.pause("toxic")
                case ResumeReading():
                    sender.resume("toxic")

    def _wake(self, sender: Side, now: float) -> None:
        if self.client.is_open or self.server.is_open:
            self._carry_out(sender.stream.wake(now), sender)

    def _end_half(self, receiver: Side) -> None:
        self._halves_ended += 1
        if self._halves_ended == 2:
            self._close()
        else:
            receiver.end()

    def _close(self) -> None:
        self.client.close()
        self.server.close()
