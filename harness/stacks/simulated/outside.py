"""A simulation as somebody outside asks it: a name, a connection, a request, each for as long as it takes there."""

from __future__ import annotations

from datetime import timedelta

from harness.ingress.records import Record
from harness.ingress.resolver import ATTEMPTS, NameNotFound
from harness.stacks.outside import InMemory
from harness.stacks.simulated.browser import SimulatedNameServer, ZoneResolver
from harness.stacks.simulated.world import World


def in_memory(names: SimulatedNameServer, world: World) -> InMemory:
    """Say how a simulation is asked, between two stretches of its time.

    Args:
        names: its name server.
        world: its time, and its network.
    """

    def record(name: str, within: timedelta) -> Record:
        resolver = ZoneResolver(names, clock=world.clock, patience=within / ATTEMPTS)
        world.call(resolver.resolve(name))
        found = names.zone.find(name)
        if found is None:
            raise NameNotFound(name)
        return found

    return InMemory(world.loop.time, record, world.network.accepts, world.transport)
