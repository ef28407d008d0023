"""The questions that somebody outside can ask of a site, over sockets and on the wall's time."""

from __future__ import annotations

import time
from datetime import timedelta
from ssl import SSLContext
from typing import Protocol

import httpx

from harness.ingress.records import Address
from harness.stacks.by_hand import accepts
from harness.verify.certificates import look_at_certificate
from harness.verify.hurried import hurried
from harness.verify.names import look_up
from harness.verify.seen import NameSeen, TlsSeen


class Ways(Protocol):
    """How questions are asked, and what time it is meanwhile; what to ask, and what answers mean, is the walk's."""

    def now(self) -> float:
        """Seconds of a clock that never leaps."""
        ...

    def name(self, name: str, *, port: int | None, server: Address | None, within: timedelta) -> NameSeen:
        """Ask DNS where a name points; see `harness.verify.names.look_up`."""
        ...

    def accepts(self, address: str, *, within: timedelta) -> bool:
        """Try whether something accepts connections at an address."""
        ...

    def certificate(self, address: Address, *, host: str, context: SSLContext, within: timedelta) -> TlsSeen:
        """Shake hands in TLS; see `harness.verify.certificates.look_at_certificate`."""
        ...

    def transport(self, *, within: timedelta, context: SSLContext | None) -> httpx.BaseTransport:
        """Give what carries requests, all of which are over within so long; see `harness.verify.hurried`."""
        ...


class Sockets:
    """Asks for real."""

    def now(self) -> float:
        """Seconds of the wall that never leap."""
        return time.monotonic()

    def name(self, name: str, *, port: int | None, server: Address | None, within: timedelta) -> NameSeen:
        """Ask DNS."""
        return look_up(name, port=port, server=server, within=within)

    def accepts(self, address: str, *, within: timedelta) -> bool:
        """Try to connect."""
        return accepts(address, within=within)

    def certificate(self, address: Address, *, host: str, context: SSLContext, within: timedelta) -> TlsSeen:
        """Shake hands."""
        return look_at_certificate(address, host=host, context=context, within=within)

    def transport(self, *, within: timedelta, context: SSLContext | None) -> httpx.BaseTransport:
        """Give httpx's own, in a hurry."""
        return hurried(within=within, context=context)
