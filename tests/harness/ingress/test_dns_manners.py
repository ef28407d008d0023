import asyncio
from datetime import timedelta

import dns.asyncquery
import dns.message
import dns.rcode
import pytest

from harness.ingress.dns import DnsServer, Manner
from harness.ingress.records import Address, Zone

NAME = "pizza.test"


def asked(manner: Manner, *, over_tcp: bool = False) -> tuple[dns.message.Message, float]:
    """Ask a server of such manners; gives its answer, and how long that took."""

    async def ask() -> tuple[dns.message.Message, float]:
        zone = Zone()
        zone.set(NAME, Address("127.0.0.11", 80), ttl=timedelta(seconds=30))
        async with DnsServer(zone, record=lambda _: None) as server:
            server.manner = manner
            began = asyncio.get_running_loop().time()
            query = dns.asyncquery.tcp if over_tcp else dns.asyncquery.udp
            question = dns.message.make_query(NAME, "A")
            reply = await query(question, server.address.host, port=server.address.port, timeout=20)
            return reply, asyncio.get_running_loop().time() - began

    return asyncio.run(ask())


@pytest.mark.parametrize("over_tcp", [False, True])
def test_server_that_fails_answers_servfail_and_notices(over_tcp: bool) -> None:
    noticed: list[None] = []
    reply, _ = asked(Manner(fails=True, noticed=lambda: noticed.append(None)), over_tcp=over_tcp)
    assert (reply.rcode(), len(reply.answer), len(noticed)) == (dns.rcode.SERVFAIL, 0, 1)


@pytest.mark.parametrize("over_tcp", [False, True])
def test_server_that_is_slow_gives_the_right_answer_late_and_notices(over_tcp: bool) -> None:
    noticed: list[None] = []
    reply, took = asked(Manner(delay_seconds=0.05, noticed=lambda: noticed.append(None)), over_tcp=over_tcp)
    assert reply.answer[0].to_text().endswith("127.0.0.11")
    assert took >= 0.05
    assert len(noticed) == 1


def test_server_of_good_manners_notices_nothing() -> None:
    noticed: list[None] = []
    reply, _ = asked(Manner(noticed=lambda: noticed.append(None)))
    assert (reply.rcode(), noticed) == (dns.rcode.NOERROR, [])
