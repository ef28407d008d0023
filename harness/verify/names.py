"""Asks DNS where a site is, the way `dig` would: nothing is cached, and the way through other names is kept."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial

import dns.exception
import dns.name
import dns.rdtypes.ANY.CNAME
import dns.resolver
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.SRV import SRV

from harness.ingress.records import SERVICE, Address
from harness.verify.seen import NameSeen


def look_up(name: str, *, port: int | None, server: Address | None, within: timedelta) -> NameSeen:
    """Ask where a name points.

    Args:
        name: the host of a URL; an address needs no asking.
        port: that the URL names; without one, an SRV record may tell it, and port 80 is taken when none does.
        server: the DNS server to ask; None asks those of this machine.
        within: how long asking may take, on the wall.
    """
    literal = _literal(name)
    if literal:
        return NameSeen(name, str(Address(literal, port or 80)), is_literal=True)
    began = time.monotonic()
    seen = _asked_for(name, port=port, server=server, within=within)
    return replace(seen, took=timedelta(seconds=time.monotonic() - began))


def _asked_for(name: str, *, port: int | None, server: Address | None, within: timedelta) -> NameSeen:
    began, resolver = time.monotonic(), _resolver(server)
    ask = partial(_asked, resolver, lifetime=within.total_seconds() / 2)
    if port is None and (offer := ask(f"{SERVICE}.{name}", "SRV")) is not None and not isinstance(offer, str):
        port = next(record.port for record in offer if isinstance(record, SRV))
    answer = ask(name, "A")
    if answer is None:
        return _nowhere(name, resolver, ends=began + within.total_seconds())
    if isinstance(answer, str):
        return NameSeen(name, trouble=answer)
    host = next(record.address for record in answer if isinstance(record, A))
    return NameSeen(
        name,
        str(Address(host, port or 80)),
        ttl=timedelta(seconds=answer.chaining_result.minimum_ttl),
        aliases=_aliases(answer.chaining_result.cnames),
    )


def _literal(name: str) -> str:
    if name == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.IPv4Address(name))
    except ValueError:
        return ""


def _resolver(server: Address | None) -> dns.resolver.Resolver:
    if server is None:
        return dns.resolver.Resolver()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [server.host], server.port
    return resolver


def _asked(
    resolver: dns.resolver.Resolver, name: str, kind: str, *, lifetime: float
) -> dns.resolver.Answer | str | None:
    """Give the answer, None when DNS says that there is none, or why nobody knows."""
    try:
        return resolver.resolve(f"{name}.", kind, lifetime=lifetime)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return None
    except dns.exception.DNSException as error:
        return f"nobody knows where {name} is: {error}"


def _nowhere(name: str, resolver: dns.resolver.Resolver, *, ends: float) -> NameSeen:
    """Say of a name without an address whether it is another name for one that does not exist."""
    seen, asked = NameSeen(name), name
    for _ in range(8):
        left = ends - time.monotonic()
        answer = _asked(resolver, asked, "CNAME", lifetime=left) if left > 0 else None
        if not isinstance(answer, dns.resolver.Answer):
            break
        asked = next(record.target for record in answer if isinstance(record, dns.rdtypes.ANY.CNAME.CNAME)).to_text(
            omit_final_dot=True
        )
        seen = replace(seen, aliases=(*seen.aliases, asked))
    if seen.aliases:
        return replace(seen, trouble=f"{name} is another name for {seen.aliases[-1]}, which does not exist")
    return seen


def _aliases(cnames: list[dns.rrset.RRset]) -> tuple[str, ...]:
    targets = (record.target for rrset in cnames for record in rrset if isinstance(record, dns.rdtypes.ANY.CNAME.CNAME))
    return tuple(target.to_text(omit_final_dot=True) for target in targets)
