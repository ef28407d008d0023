"""The same questions, asked of a system that is in memory: in its own time, over the network that it has instead."""

from __future__ import annotations

from datetime import timedelta
from ssl import SSLContext

import httpx

from harness.errors import HarnessError
from harness.ingress.records import Address
from harness.ingress.resolver import NameNotFound, ResolverTroubled
from harness.stacks.outside import InMemory
from harness.verify.seen import NameSeen, TlsSeen


class Memory:
    """Asks a system in memory; what only sockets need to know is not looked at.

    Args:
        system: how it is asked.
    """

    def __init__(self, system: InMemory) -> None:
        self._system = system

    def now(self) -> float:
        """Seconds of its own clock."""
        return self._system.now()

    def name(self, name: str, *, port: int | None, server: Address | None, within: timedelta) -> NameSeen:  # noqa: ARG002
        """Ask its name server, whose records tell ports."""
        began = self.now()
        try:
            record = self._system.record(name, within)
        except NameNotFound:
            return NameSeen(name)
        except ResolverTroubled as error:
            return NameSeen(name, trouble=f"nobody knows where {name} is: {error}")
        return NameSeen(name, str(record.address), ttl=record.ttl, took=timedelta(seconds=self.now() - began))

    def accepts(self, address: str, *, within: timedelta) -> bool:  # noqa: ARG002
        """Ask its network, which knows at once."""
        return bool(address) and self._system.accepts(Address.parse(address))

    def certificate(self, address: Address, *, host: str, context: SSLContext, within: timedelta) -> TlsSeen:  # noqa: ARG002
        """Refuse: there is none."""
        message = f"nobody can shake hands with {host} at {address}: a network in memory carries no TLS."
        raise HarnessError(message)

    def transport(self, *, within: timedelta, context: SSLContext | None) -> httpx.BaseTransport:  # noqa: ARG002
        """Give what reaches it; httpx's own limits hold there."""
        return self._system.transport
