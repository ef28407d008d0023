"""What somebody outside needs to know of a site to verify it, whichever stack it runs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from harness.ingress.description import Description
from harness.ingress.records import Address, Record


@dataclass(frozen=True, slots=True)
class InMemory:
    """How somebody outside asks a system that is in memory, on virtual time."""

    now: Callable[[], float]
    """What time it is, in seconds of its own clock."""
    record: Callable[[str, timedelta], Record]
    """Gives the record of a name within so long; raises what a resolver raises."""
    accepts: Callable[[Address], bool]
    """Whether somebody listens at an address."""
    transport: httpx.BaseTransport
    """Carries requests there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A site as it is seen from outside, and what its console shows beside."""

    url: str
    """The site."""
    history: Path | None = None
    """Where its telemetry comes in, among all else that happens; None where it goes elsewhere."""
    dns: Address | None = None
    """The DNS server that knows it; None where names are looked up in memory."""
    console: Description | None = None
    """What its console shows at that moment; None when it has none that we could read."""
    factory: str = ""
    """Where pizzas are verified; empty when only the service knows."""
    authority: Path | None = None
    """Who signs its certificates."""
    hosts: tuple[str, ...] = ()
    """What leads to this machine and is not loopback: addresses of its containers, names of a system in memory."""
    in_memory: InMemory | None = None
    """How it is asked where it has no sockets."""
