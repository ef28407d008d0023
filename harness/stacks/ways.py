"""The ways through a run's system: how its name is found, where its load balancers are, what leads on from its tasks.

On the `processes` stack they are part of the harness; on `containers` they are in a container of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from harness.faults.troubles import LinkCut, ToxicOn
from harness.ingress.records import Address, Zone
from harness.stacks.children import Launch
from harness.stacks.name_troubles import NameServer


class Names(NameServer, Protocol):
    """What answers for the site's name."""

    @property
    def address(self) -> Address:
        """Where it listens."""
        ...

    async def start(self) -> Address:
        """Begin to answer; gives where."""
        ...

    async def close(self) -> None:
        """Stop answering; closing twice is fine."""
        ...


class LinksOfRun(Protocol):
    """The links from the service to its factory, telemetry and database."""

    async def open(self) -> None:
        """Be ready to make links, and let their control API answer."""
        ...

    async def lead(self, name: str, *, to: str, listen: str = "") -> str:
        """Make a link that leads to this address; gives the URL at which it listens."""
        ...

    def url(self, name: str) -> str:
        """Say where a link listens."""
        ...

    async def close(self) -> None:
        """Heal and close every link; closing twice is fine."""
        ...

    async def begin(self, trouble: ToxicOn | LinkCut) -> None:
        """Put a toxic on a link, or let the link refuse."""
        ...

    async def end(self, trouble: ToxicOn | LinkCut) -> None:
        """Take it off again, or let the link listen where it did."""
        ...

    def stands(self, trouble: ToxicOn | LinkCut) -> bool:
        """Say whether it is still there."""
        ...


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways through a run's system, not yet open."""

    zone: Zone
    """What is known of the site's name."""
    names: Names
    """What answers from that."""
    links: LinksOfRun
    """What leads on from the tasks."""
    next_address: Callable[[], Address]
    """Gives a load balancer an address that none had before."""
    balancer: Callable[[Launch], Launch] = lambda launch: launch
    """Says how a load balancer is started where it is to be, from how it is started on this machine."""
