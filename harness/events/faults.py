"""What was broken on purpose, what that hurt, and how it ended."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.events.event import Event


class FaultApplied(Event, frozen=True, kw_only=True):
    """A fault began."""

    fault: str
    """Its name in the catalogue."""
    id: str
    target: str
    sees: str
    """What a user will see, in a sentence."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)


class FaultHit(Event, frozen=True, kw_only=True):
    """A fault hurt something for the first time."""

    fault: str
    id: str
    evidence: str
    """What it hit, in a sentence."""


class TroubleBegun(Event, frozen=True, kw_only=True):
    """The stack makes what a fault asked for come true, in one of several ways that there are."""

    trouble: str
    """What the stack calls it: `task/memory capped`."""
    how: str
    """Which way, in a sentence."""


class Hurt(Event, frozen=True, kw_only=True):
    """What the stack does on a fault's behalf hurt something."""

    trouble: str
    """What the stack calls it: `factory/latency`, `telemetry/cut`."""
    what: str
    """What it hurt, in a sentence."""
    times: int = 1
    """How often, since it was last said."""
    which: tuple[str, ...] = ()
    """The first of those, each in a sentence, where more than one is told at once."""


class FaultRemoved(Event, frozen=True, kw_only=True):
    """A fault ended."""

    fault: str
    id: str
    by: str
    """Who ended it: `heal` (the harness), the remedy that did, or `itself` (the system got over it)."""
    hits: int
    which: tuple[str, ...] = ()
    """The first of the hits, each in a sentence, where it can tell them apart."""
