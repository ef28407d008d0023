"""HTTP exchanges through a link with one toxic, without sockets."""

from __future__ import annotations

from collections.abc import Sequence

from harness.faults.toxics import Toxic
from harness.links.commands import CloseConnection, Command, EndWriting, WakeAt, Write
from harness.links.link import Direction, Link, LinkToxic

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"jwt": "a.b.c"}'


def request(path: str = "/", *, method: str = "GET", headers: str = "") -> bytes:
    """Write a request without a body."""
    return f"{method} {path} HTTP/1.1\r\nHost: pizza\r\n{headers}\r\n".encode()


class Exchanges:
    """One connection through a link that has one toxic."""

    def __init__(self, toxic: Toxic, *, link: Link | None = None) -> None:
        self.link = link or Link("factory")
        if not self.link.toxics:
            self.link.add(LinkToxic("toxic", toxic), now=0.0)
        connection = self.link.open("a client")
        self.link.begin(connection, now=0.0)
        self._up, self._down = (connection.streams[direction] for direction in Direction)
        self.commands: list[Command] = []

    def ask(self, sent: bytes, *, now: float = 0.0) -> None:
        """Send a request; no toxic may touch it."""
        assert self._up.receive(sent, now=now) == [Write(sent)]

    def answer(self, *pieces: bytes, now: float = 0.0) -> bytes:
        """Answer in these pieces, and give what arrives at once."""
        arrived = [command for piece in pieces for command in self._down.receive(piece, now=now)]
        self.commands += arrived
        return _data(arrived)

    def wake(self, now: float) -> bytes:
        """Give what arrives when the link is woken."""
        arrived = self._down.wake(now)
        self.commands += arrived
        return _data(arrived)

    def finish(self, *, now: float = 0.0) -> bytes:
        """Let the server close, and give what arrives at once."""
        arrived = self._down.finish(now)
        self.commands += arrived
        return _data(arrived)

    def remove(self, *, now: float = 0.0) -> bytes:
        """Take the toxic off, and give what arrives at once."""
        outcome = self.link.remove("toxic", now=now)
        return b"".join(_data(commands) for _, direction, commands in outcome if direction is Direction.DOWNSTREAM)

    @property
    def is_closed(self) -> bool:
        """Whether the connection was closed by the toxic."""
        return CloseConnection() in self.commands

    @property
    def has_ended(self) -> bool:
        """Whether the server's end of the stream came through."""
        return EndWriting() in self.commands

    @property
    def wakes(self) -> list[float]:
        """When the link wanted to be woken."""
        return [command.at for command in self.commands if isinstance(command, WakeAt)]

    @property
    def hits(self) -> int:
        """How many connections the toxic did something to."""
        return self.link.hits["toxic"]


def _data(commands: Sequence[Command]) -> bytes:
    return b"".join(command.data for command in commands if isinstance(command, Write))


def asked_and_answered(toxic: Toxic, response: bytes = OK, *, asked: bytes = b"") -> bytes:
    """Ask once and give what arrives for an answer."""
    exchanges = Exchanges(toxic)
    exchanges.ask(asked or request())
    return exchanges.answer(response)
