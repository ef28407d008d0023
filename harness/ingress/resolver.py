"""A client's own resolver: it asks once, and then believes the answer until the answer's time to live ends.

That belief is what the incident turns on: whoever asked before the record changed goes on knocking at the old address.

    NameNotFound        there is no such name: the client knows that it has nowhere to go
    ResolverTroubled    nobody knows: the DNS server did not answer, or answered with a failure

Sockets are synchronous and looked up late, so that gevent's monkey-patching makes them cooperative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.SRV import SRV

from harness.ingress.records import SERVICE, Address

ATTEMPTS = 2
"""A datagram may be lost; two in a row on one host are not."""


class NameNotFound(Exception):
    """Raised when DNS says that a site name does not exist."""


class ResolverTroubled(Exception):
    """Raised when no DNS server gave an answer that can be used."""


@dataclass(frozen=True, slots=True)
class _Kept:
    address: Address
    until: float


class TtlCache:
    """Answers, each kept for exactly its time to live."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def keep(self, name: str, address: Address, *, ttl: timedelta, now: float) -> None:
        """Keep an answer that was asked for at `now`, in steady seconds; a TTL of zero keeps nothing."""
        self._kept[name] = _Kept(address, now + ttl.total_seconds())

    def find(self, name: str, *, now: float) -> Address | None:
        """Give the kept answer, or None once its time is over: at that very instant it is."""
        kept = self._kept.get(name)
        return kept.address if kept is not None and now < kept.until else None


class Resolver:
    """Turns a site name into an address, the way a client's operating system does: from its cache while it may.

    Args:
        server: the DNS server to ask; its host is an IPv4 address.
        now: steady seconds; a TTL of 60 lasts 60 of them.
        timeout: how long one question may take, on the wall; physical latencies do not scale.
    """

    def __init__(self, server: Address, now: Callable[[], float], *, timeout: timedelta = timedelta(seconds=1)) -> None:
        self._server = server
        self._now = now
        self._timeout = timeout
        self._cache = TtlCache()

    def resolve(self, name: str) -> Address:
        """Give the address that a site name points at, as far as this client may know.

        Raises:
            NameNotFound: when DNS has no such name.
            ResolverTroubled: when DNS gave no usable answer and no earlier one is still valid.

        Timing: the answer is aged from the moment of the question, so it is never believed beyond its TTL.
        """
        asked = self._now()
        kept = self._cache.find(name, now=asked)
        if kept is not None:
            return kept
        address, ttl = self._look_up(name)
        self._cache.keep(name, address, ttl=ttl, now=asked)
        return address

    def _look_up(self, name: str) -> tuple[Address, timedelta]:
        response, offers = self._ask(f"{SERVICE}.{name}", dns.rdatatype.SRV)
        service = min((offer for offer in offers if isinstance(offer, SRV)), key=lambda offer: offer.priority)
        hosts = _records(response.additional, service.target, dns.rdatatype.A)
        if hosts is None:
            _, hosts = self._ask(service.target.to_text(), dns.rdatatype.A)
        host = next(host.address for host in hosts if isinstance(host, A))
        return Address(host, service.port), timedelta(seconds=min(offers.ttl, hosts.ttl))

    def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> tuple[dns.message.Message, dns.rrset.RRset]:
        try:
            question = dns.message.make_query(name, kind)
            response = self._exchange(question)
        except (dns.exception.DNSException, OSError, EOFError) as error:
            reason = str(error) or type(error).__name__
            message = f"the DNS server at {self._server} gave no answer when asked for {name!r}: {reason}"
            raise ResolverTroubled(message) from error
        if response.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            failure = dns.rcode.to_text(response.rcode())
            message = f"the DNS server at {self._server} answered {failure} when asked for {name!r}."
            raise ResolverTroubled(message)
        found = _records(response.answer, question.question[0].name, kind)
        if found is None:
            message = f"the DNS server at {self._server} knows no {kind.name} record of {name!r}."
            raise NameNotFound(message)
        return response, found

    def _exchange(self, question: dns.message.Message) -> dns.message.Message:
        for _ in range(ATTEMPTS - 1):
            try:
                return self._exchange_once(question)
            except dns.exception.Timeout:
                continue
        return self._exchange_once(question)

    def _exchange_once(self, question: dns.message.Message) -> dns.message.Message:
        response, _ = dns.query.udp_with_fallback(
            question,
            self._server.host,
            port=self._server.port,
            timeout=self._timeout.total_seconds(),
            ignore_unexpected=True,
            ignore_errors=True,
        )
        return response


def _records(
    section: list[dns.rrset.RRset], name: dns.name.Name, kind: dns.rdatatype.RdataType
) -> dns.rrset.RRset | None:
    return next((found for found in section if found.name == name and found.rdtype == kind), None)
