"""A client's connection and the one to the upstream, joined by the toxics between them.

The core is asked only about directions that a toxic touches. Half-closed connections stay half-closed, what breaks off
on one side breaks off on the other, and a receiver that does not keep up stops the sender.
"""

from __future__ import annotations

import asyncio
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
from harness.links.link import Connection, Direction, Link
from harness.links.side import Side
from harness.links.stream import Stream

Dialling = asyncio.Task[tuple[asyncio.Transport, Side]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all conversations of a link share."""

    link: Link
    """The toxics, and what they do."""
    deadlines: Deadlines
    """Wakes the conversations."""
    now: Callable[[], float]
    """Link seconds."""
    dial: Callable[[Side], Dialling]
    """Begins to connect to the upstream."""
    came: Callable[[Conversation], None]
    """Told once a client is there."""
    gone: Callable[[Conversation], None]
    """Told once both connections are closed."""


class Conversation:
    """What passes between one client and the upstream."""

    connection: Connection
    """Its part in the core, once the client is there."""

    def __init__(self, around: Surroundings) -> None:
        self.client = Side(self, flow=around.link.flows[Direction.UPSTREAM])
        self.server = Side(self, flow=around.link.flows[Direction.DOWNSTREAM])
        self.client.peer, self.server.peer = self.server, self.client
        self._around = around
        self._senders = {Direction.UPSTREAM: self.client, Direction.DOWNSTREAM: self.server}
        self._streams: dict[Side, Stream] = {}
        self._dialling: Dialling | None = None
        self._has_begun = False
        self._halves_ended = 0

    # What the sides tell

    def connected(self, side: Side) -> None:
        """Call the upstream once the client is there; begin once both are."""
        if side is self.client:
            self.connection = self._around.link.open(side.address)
            self._streams = {sender: self.connection.streams[way] for way, sender in self._senders.items()}
            self._around.came(self)
            self._dialling = self._around.dial(self.server)
            self._dialling.add_done_callback(self._dialled)
        elif self.client.is_open:
            self._begin()
        else:
            self.server.abort()

    def received(self, side: Side, data: bytes) -> None:
        """Send data through the toxics."""
        self._carry_out(self._streams[side].receive(data, now=self._around.now()), side)

    def ended(self, side: Side) -> None:
        """Send the end of a side's data through the toxics, once there are any."""
        if self._has_begun:
            self._carry_out(self._streams[side].finish(self._around.now()), side)

    def lost(self, side: Side, error: Exception | None) -> None:
        """Close the other side the way this one was closed."""
        if self._dialling is not None:
            self._dialling.cancel()
        if error is None:
            side.peer.close()
        else:
            side.peer.reset()
        if side.peer.transport is None:
            self._around.link.close(self.connection)
            self._around.gone(self)

    # What the link says

    def carry_out(self, commands: Commands, direction: Direction) -> None:
        """Do what came of a change of toxics, and let data take the path that is right from then on."""
        sender = self._senders[direction]
        self._carry_out(commands, sender)
        sender.take_path(untouched=self._streams[sender].is_untouched)

    def abort(self) -> None:
        """Close both connections at once."""
        self.client.abort()
        self.server.abort()

    # The two of them

    def _dialled(self, dialling: Dialling) -> None:
        self._dialling = None
        if not dialling.cancelled() and dialling.exception() is not None:
            self.client.close()  # accepted, then closed: what a client of Toxiproxy sees when there is no upstream

    def _begin(self) -> None:
        self._has_begun = True
        for _, direction, commands in self._around.link.begin(self.connection, now=self._around.now()):
            self._carry_out(commands, self._senders[direction])
        for sender, stream in self._streams.items():
            sender.take_path(untouched=stream.is_untouched)
        self.client.catch_up()

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
            self._carry_out(self._streams[sender].wake(now), sender)

    def _end_half(self, receiver: Side) -> None:
        self._halves_ended += 1
        if self._halves_ended == 2:
            self._close()
        else:
            receiver.end()

    def _close(self) -> None:
        self.client.close()
        self.server.close()
