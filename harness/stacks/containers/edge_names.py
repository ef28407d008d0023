"""The site's name and its load balancers, in the edge: what is decided here is passed on to there."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

from harness.events import RecordChanged
from harness.ingress.dns import Manner
from harness.ingress.records import Address, Zone
from harness.stacks.containers.edge_container import EdgeContainer
from harness.stacks.containers.messages import Behave, Point

FIRST_PORT = 8080
"""Of the first load balancer, unless a port was asked for."""


class EdgeZone(Zone):
    """The DNS records of a site, of which the edge keeps a copy."""

    def __init__(self, edge: EdgeContainer) -> None:
        super().__init__()
        self._edge = edge

    def set(self, name: str, address: Address, *, ttl: timedelta) -> RecordChanged:
        """Point a name at an address; see Zone.set."""
        changed = super().set(name, address, ttl=ttl)
        self._edge.order(lambda number: Point(number, changed.name, changed.address, changed.ttl_seconds))
        return changed

    def remove(self, name: str) -> RecordChanged:
        """Take a name away; see Zone.remove."""
        changed = super().remove(name)
        self._edge.order(lambda number: Point(number, changed.name, ""))
        return changed


class EdgeNames:
    """The name server in the edge, which answers from its copy of the zone."""

    def __init__(self, edge: EdgeContainer) -> None:
        self._edge = edge
        self._manner = Manner()

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self._edge.names

    @property
    def manner(self) -> Manner:
        """How it treats those who ask."""
        return self._manner

    @manner.setter
    def manner(self, manner: Manner) -> None:
        self._manner = manner
        self._edge.noticed = manner.noticed
        self._edge.order(lambda number: Behave(number, manner.fails, manner.delay_seconds))

    async def start(self) -> Address:
        """Give the address at which it has answered since the edge was started."""
        return self.address

    async def close(self) -> None:
        """Do nothing: it ends with the edge."""


def edge_addresses(edge: EdgeContainer, *, port: int) -> Callable[[], Address]:
    """Say what gives each load balancer an address that none had before.

    An edge has one address, so ports stand in for addresses, as they do on macOS.

    Args:
        edge: where load balancers run.
        port: of the first one; 0 for any.
    """
    ports = itertools.count(port or FIRST_PORT)
    return lambda: Address(edge.names.host, next(ports))
