from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from harness.events import Event
from harness.ingress.dns import DnsServer
from harness.ingress.records import Address, Zone
from harness.ingress.resolver import NameNotFound, Resolver, ResolverTroubled, TtlCache

SITE = "pizza-service.pizza.test"
OLD = Address("127.0.0.11", 8080)
NEW = Address("127.0.0.12", 8081)
MINUTE = timedelta(seconds=60)


class Clock:
    now = 1_733_000_000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """A DNS server in a loop of its own, so that a client may block."""

    def __init__(self) -> None:
        self.zone = Zone()
        self.zone.set(SITE, OLD, ttl=MINUTE)
        self.troubles: list[Event] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._dns = DnsServer(self.zone, record=self.troubles.append)
        self.address = asyncio.run_coroutine_threadsafe(self._dns.start(), self._loop).result(5)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._dns.close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()
    assert server.troubles == []


def test_cache_gives_an_answer_until_the_instant_its_ttl_ends() -> None:
    cache = TtlCache()
    cache.keep(SITE, OLD, ttl=MINUTE, now=100.0)
    assert cache.find(SITE, now=159.999) == OLD
    assert cache.find(SITE, now=160.0) is None


def test_cache_with_a_ttl_of_zero_keeps_nothing() -> None:
    cache = TtlCache()
    cache.keep(SITE, OLD, ttl=timedelta(), now=100.0)
    assert cache.find(SITE, now=100.0) is None


def test_resolver_gives_host_and_port_of_the_record(server: Server) -> None:
    assert Resolver(server.address, Clock()).resolve(SITE) == OLD


def test_resolver_believes_the_old_address_until_the_ttl_ends_and_not_a_moment_longer(server: Server) -> None:
    clock = Clock()
    resolver = Resolver(server.address, clock)
    resolver.resolve(SITE)
    server.zone.set(SITE, NEW, ttl=MINUTE)
    clock.now += 59.999
    assert resolver.resolve(SITE) == OLD
    clock.now += 0.001
    assert resolver.resolve(SITE) == NEW


def test_resolver_believes_an_old_address_even_when_the_name_is_gone(server: Server) -> None:
    clock = Clock()
    resolver = Resolver(server.address, clock)
    resolver.resolve(SITE)
    server.zone.remove(SITE)
    assert resolver.resolve(SITE) == OLD
    clock.now += 60
    with pytest.raises(NameNotFound, match=f"knows no SRV record of '_http._tcp.{SITE}'"):
        resolver.resolve(SITE)


def test_resolver_asks_again_for_a_name_that_was_not_there(server: Server) -> None:
    resolver = Resolver(server.address, Clock())
    with pytest.raises(NameNotFound):
        resolver.resolve("new.pizza.test")
    server.zone.set("new.pizza.test", NEW, ttl=MINUTE)
    assert resolver.resolve("new.pizza.test") == NEW


@pytest.mark.parametrize("length", [45, 57], ids=["without the host", "at all"])
def test_resolver_finds_a_name_whose_answer_does_not_fit_a_datagram(server: Server, length: int) -> None:
    name = ".".join(["a" * 60] * 3 + ["b" * length])
    server.zone.set(name, NEW, ttl=MINUTE)
    assert Resolver(server.address, Clock()).resolve(name) == NEW


def test_resolver_of_what_is_no_name_is_troubled_and_not_broken(server: Server) -> None:
    with pytest.raises(ResolverTroubled, match="A DNS label is > 63 octets long"):
        Resolver(server.address, Clock()).resolve("x" * 64 + ".test")


def test_resolver_without_a_server_is_troubled_though_an_answer_that_is_kept_still_holds(server: Server) -> None:
    clock = Clock()
    resolver = Resolver(server.address, clock, timeout=timedelta(milliseconds=20))
    resolver.resolve(SITE)
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        nobody = Address(*silent.getsockname())
        lonely = Resolver(nobody, clock, timeout=timedelta(milliseconds=20))
        with pytest.raises(ResolverTroubled, match=f"the DNS server at {nobody} gave no answer"):
            lonely.resolve(SITE)
    assert resolver.resolve(SITE) == OLD


def test_resolver_asks_once_more_when_a_datagram_is_lost(server: Server) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as lossy:
        lossy.bind(("127.0.0.1", 0))
        lossy.settimeout(2)
        forgetful = threading.Thread(target=pass_on_all_but_the_first, args=(lossy, server.address))
        forgetful.start()
        resolver = Resolver(Address(*lossy.getsockname()), Clock(), timeout=timedelta(milliseconds=50))
        assert resolver.resolve(SITE) == OLD
        forgetful.join()


def pass_on_all_but_the_first(lossy: socket.socket, server: Address) -> None:
    lossy.recvfrom(512)
    wire, client = lossy.recvfrom(512)
    with socket.socket(type=socket.SOCK_DGRAM) as onward:
        onward.sendto(wire, (server.host, server.port))
        lossy.sendto(onward.recv(512), client)


@pytest.mark.slow
def test_resolver_under_gevent_lets_others_run_while_it_waits(server: Server) -> None:
    program = f"""
from gevent import monkey; monkey.patch_all()
import gevent, socket
from datetime import timedelta
from harness.ingress.records import Address
from harness.ingress.resolver import Resolver, ResolverTroubled
silent = socket.socket(type=socket.SOCK_DGRAM); silent.bind(("127.0.0.1", 0))
def wait():
    try:
        Resolver(Address(*silent.getsockname()), lambda: 0.0, timeout=timedelta(milliseconds=200)).resolve("a.test")
    except ResolverTroubled:
        return "troubled"
waiting = gevent.spawn(wait)
found = gevent.spawn(lambda: str(Resolver(Address.parse("{server.address}"), lambda: 0.0).resolve("{SITE}")))
print(found.get(timeout=30), waiting.ready(), waiting.get(timeout=30))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30)
    assert run.stdout.split() == [str(OLD), "False", "troubled"], run.stderr
