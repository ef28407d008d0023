"""What a toxic is: one way to spoil one direction of a connection, asked piece by piece.

Rules of this file: a toxic is its settings and nothing else. It is asked what to do with the piece of data at the head
of its queue and answers with commands, each with the instant at which to carry it out; the link does that. So no toxic
waits, every wait can be interrupted, and what was read is never lost because a toxic was changed or removed.

`Behaviour` lets everything through: a toxic overrides only what it spoils. Most toxics are their own behaviour; one
that has to remember what it saw of a connection makes a behaviour for each (`begin`).

What is made for each piece of data is a msgspec Struct: a frozen dataclass takes ten times as long to make, by which
data that is to be 50 ms late is later still.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import ClassVar

import msgspec

from harness.faults.toxics.attributes import settle

AT_ONCE = -math.inf
"""The instant of a command that does not wait."""


class Pass(msgspec.Struct, frozen=True, gc=False):
    """Let the head of the queue, data or the end of the stream, go on."""

    size_bytes: int | None = None
    """How much of it; None for all. What is left stays at the head and is asked about again."""
    at: float = AT_ONCE
    """When, in link seconds."""


class Drop(msgspec.Struct, frozen=True, gc=False):
    """Throw data at the head of the queue away."""

    size_bytes: int | None = None
    """How much of it; None for all."""
    at: float = AT_ONCE
    """When, in link seconds."""


class Keep(msgspec.Struct, frozen=True, gc=False):
    """Take all data at the head of the queue into the toxic's own memory, from where it will be sent."""

    at: float = AT_ONCE
    """When, in link seconds."""


class Send(msgspec.Struct, frozen=True, gc=False):
    """Send data that the toxic kept, or made up."""

    data: bytes
    """What; it may be nothing."""
    is_original: bool = False
    """Whether it is what came, unchanged."""
    at: float = AT_ONCE
    """When, in link seconds."""


class Close(msgspec.Struct, frozen=True, gc=False):
    """Close the connection, both directions, once what was passed before has been written."""

    at: float = AT_ONCE
    """When, in link seconds."""


class Reset(msgspec.Struct, frozen=True, gc=False):
    """Break the connection off with a TCP reset, for both peers to see."""

    at: float = AT_ONCE
    """When, in link seconds."""


Command = Pass | Drop | Keep | Send | Close | Reset
Commands = tuple[Command, ...]
"""Carried out in order; an empty one waits until something else comes or the toxic is changed."""


class Moment(msgspec.Struct, frozen=True):
    """What a toxic may know of its direction of a connection when it is asked."""

    now: float
    """Link seconds."""
    began: float
    """When the toxic and the connection met."""
    arrived: float
    """When the head of the queue came; `began` while the queue is empty."""
    free: float
    """When the toxic was done with what came before; at first AT_ONCE. For a shared toxic: on any connection."""
    size_bytes: int
    """How long the head of the queue is."""
    passed_bytes: int
    """How much this toxic has let through on this connection."""
    previous: Command | None
    """What it did last."""
    data: memoryview
    """The head of the queue itself; empty when that is the end of the stream."""
    rng: Random
    """Seeded for this toxic on this connection."""

    @property
    def since(self) -> float:
        """When the toxic could turn to the head of the queue."""
        return max(self.arrived, self.free)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is asked about one direction of one connection. This one lets everything through."""

    most_held_bytes: ClassVar[int] = 64 * 1024
    """How much may wait in its queue before the link stops reading from the sender."""
    counts_replies: ClassVar[bool] = False
    """Whether each reply that it spoils is a hit; otherwise a connection is hit once."""

    @property
    def is_shared(self) -> bool:
        """Whether all connections of the link queue for it together."""
        return False

    def on_data(self, moment: Moment) -> Commands:  # noqa: ARG002 - the noop
        """Say what becomes of the data at the head of the queue."""
        return (Pass(),)

    def on_end(self, moment: Moment) -> Commands:  # noqa: ARG002 - the noop
        """Say what becomes of the end of the stream: the sender has closed its half."""
        return (Pass(),)

    def on_silence(self, moment: Moment) -> Commands:  # noqa: ARG002 - the noop
        """Say what happens if nothing more comes."""
        return ()

    def take_hits(self) -> list[str]:
        """Name the requests that it has spoilt since it was last asked, if it tells them apart."""
        return []

    def on_removal(self) -> Commands:
        """Say what its removal does to a connection it was on: first send what it kept, or at last close or reset."""
        return ()


@dataclass(frozen=True, slots=True)
class Toxic(Behaviour):
    """One way to spoil one direction of a connection: settings, and for most of them the behaviour too."""

    type: ClassVar[str]
    """Its name in the API."""
    drops_data: ClassVar[bool] = False
    """Whether bytes that went in may never come out."""
    is_ours: ClassVar[bool] = False
    """Whether Toxiproxy has no such toxic; then the API, too, refuses settings that are out of range."""

    def __post_init__(self) -> None:
        settle(self)

    @property
    def sees(self) -> str:
        """What a user will see, in a sentence."""
        raise NotImplementedError

    @property
    def aim(self) -> str:
        """What of the traffic it means, where that is not all; two of one type and one aim would be the same twice."""
        return ""

    def remember(self) -> object:
        """Make what it remembers of all connections of a link together; for most, nothing."""
        return None

    def begin(self, memory: object) -> tuple[Behaviour, Behaviour | None]:  # noqa: ARG002 - most remember nothing
        """Say what is asked about a connection, and what watches its other direction, if something does."""
        return self, None

    def resume(self, behaviour: Behaviour) -> Behaviour:  # noqa: ARG002 - most remember nothing
        """Say what is asked about a connection from now on, where another of this type was asked so far."""
        return self
