"""What the harness and its edge say to each other: one JSON line each, in order, on the edge's standard streams.

Because all goes one way, whatever a link did before it was asked something is told before the answer.
"""

from __future__ import annotations

import msgspec

from harness.events import AnyEvent


class Ask(msgspec.Struct, frozen=True, tag_field="do", tag="ask"):
    """A request to the control API of the links."""

    number: int
    """Which its answer will have."""
    method: str
    path: str
    headers: dict[str, str] = {}
    body: str = ""


class Point(msgspec.Struct, frozen=True, tag_field="do", tag="point"):
    """Let a site name point somewhere from now on."""

    number: int
    """Which word that it was done will have."""
    name: str
    address: str
    """Host and port; "" for nowhere."""
    ttl_seconds: float = 0.0


class Behave(msgspec.Struct, frozen=True, tag_field="do", tag="behave"):
    """Let the name server answer in this manner from now on."""

    number: int
    """As of Point."""
    fails: bool
    delay_seconds: float


Told = Ask | Point | Behave


class Answered(msgspec.Struct, frozen=True, tag_field="event", tag="answered"):
    """What the control API answered."""

    number: int
    status: int
    headers: dict[str, str]
    body: str


class Done(msgspec.Struct, frozen=True, tag_field="event", tag="done"):
    """Word that the name server does as it was told."""

    number: int


class Happened(msgspec.Struct, frozen=True, tag_field="event", tag="happened"):
    """Something that belongs into the history."""

    what: AnyEvent


class Noticed(msgspec.Struct, frozen=True, tag_field="event", tag="noticed"):
    """Somebody who asked for a name was not answered as they should have been."""


Said = Answered | Done | Happened | Noticed
