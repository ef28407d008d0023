from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Awaitable, Callable
from datetime import timedelta

import dns.asyncquery
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import pytest

from harness.errors import HarnessError
from harness.events import Event, HarnessTroubled
from harness.ingress.dns import DnsServer, answer
from harness.ingress.records import Address, Record, Zone

SITE = "pizza-service.pizza.test"
THERE = Address("127.0.0.11", 8080)


@pytest.fixture
def zone() -> Zone:
    zone = Zone()
    zone.set(SITE, THERE, ttl=timedelta(seconds=60))
    return zone


def ask(zone: Zone, name: str, kind: str = "A") -> dns.message.Message:
    replied = answer(dns.message.make_query(name, kind).to_wire(), zone)
    assert replied is not None
    return dns.message.from_wire(replied)


def served(zone: Zone, talk: Callable[[Address], Awaitable[None]]) -> list[Event]:
    """Run a server while somebody talks to it, and give what it recorded."""
    events: list[Event] = []

    async def run() -> None:
        async with DnsServer(zone, record=events.append) as server:
            await talk(server.address)

    asyncio.run(run())
    return events


def test_answer_a_gives_the_host_with_its_ttl(zone: Zone) -> None:
    reply = ask(zone, SITE)
    assert [rrset.to_text() for rrset in reply.answer] == [f"{SITE}. 60 IN A 127.0.0.11"]
    assert reply.flags & dns.flags.AA


def test_answer_srv_gives_the_port_and_the_host_from_the_same_moment(zone: Zone) -> None:
    reply = ask(zone, f"_http._tcp.{SITE}", "SRV")
    assert [rrset.to_text() for rrset in reply.answer] == [f"_http._tcp.{SITE}. 60 IN SRV 0 0 8080 {SITE}."]
    assert [rrset.to_text() for rrset in reply.additional] == [f"{SITE}. 60 IN A 127.0.0.11"]


def test_answer_name_in_mixed_case_is_found_and_repeated_as_asked(zone: Zone) -> None:
    assert ask(zone, "Pizza-SERVICE.pizza.test").answer[0].name.to_text() == "Pizza-SERVICE.pizza.test."


@pytest.mark.parametrize("name", ["nowhere.test", f"www.{SITE}", "_http._tcp.nowhere.test", "service.pizza.test", "."])
def test_answer_unknown_name_is_nxdomain(zone: Zone, name: str) -> None:
    reply = ask(zone, name)
    assert (reply.rcode(), reply.answer) == (dns.rcode.NXDOMAIN, [])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (SITE, "AAAA"),
        (SITE, "SRV"),
        (SITE, "TXT"),
        (f"_http._tcp.{SITE}", "A"),
        (f"_tcp.{SITE}", "A"),
        ("pizza.test", "A"),
    ],
)
def test_answer_known_name_without_that_type_is_nodata(zone: Zone, name: str, kind: str) -> None:
    reply = ask(zone, name, kind)
    assert (reply.rcode(), reply.answer, reply.additional) == (dns.rcode.NOERROR, [], [])


def test_answer_follows_the_zone(zone: Zone) -> None:
    zone.set(SITE, Address("127.0.0.12", 8081), ttl=timedelta(seconds=5))
    assert ask(zone, SITE).answer[0].to_text() == f"{SITE}. 5 IN A 127.0.0.12"
    zone.remove(SITE)
    assert ask(zone, SITE).rcode() == dns.rcode.NXDOMAIN


def test_answer_other_class_is_refused(zone: Zone) -> None:
    query = dns.message.make_query(SITE, "A", rdclass=dns.rdataclass.CH)
    assert rcode_of(answer(query.to_wire(), zone)) == dns.rcode.REFUSED


def test_answer_other_opcode_is_not_implemented_and_repeated(zone: Zone) -> None:
    wire = struct.pack("!HHHHHH", 7, dns.opcode.to_flags(dns.opcode.UPDATE), 0, 0, 0, 0)
    replied = answer(wire, zone)
    assert replied is not None
    identity, flags = struct.unpack("!HH", replied[:4])
    assert (identity, dns.opcode.from_flags(flags), flags & 15) == (7, dns.opcode.UPDATE, dns.rcode.NOTIMP)


def test_answer_two_questions_or_none_are_a_format_error(zone: Zone) -> None:
    query = dns.message.make_query(SITE, "A")
    query.question.append(dns.message.make_query("other.test", "A").question[0])
    assert rcode_of(answer(query.to_wire(), zone)) == dns.rcode.FORMERR
    assert rcode_of(answer(struct.pack("!HHHHHH", 7, 0, 0, 0, 0, 0), zone)) == dns.rcode.FORMERR


def test_answer_to_a_reply_or_to_less_than_a_header_is_silence(zone: Zone) -> None:
    reply = answer(dns.message.make_query(SITE, "A").to_wire(), zone)
    assert reply is not None
    assert answer(reply, zone) is None
    assert answer(reply[:11], zone) is None
    assert answer(b"", zone) is None


def test_answer_garbage_never_raises_and_only_replies(zone: Zone) -> None:
    dice = random.Random(1)
    good = dns.message.make_query(f"_http._tcp.{SITE}", "SRV").to_wire()
    for _ in range(2000):
        wire = bytearray(good if dice.random() < 0.7 else dice.randbytes(dice.randrange(80)))
        for _ in range(dice.randrange(6)):
            if wire:
                wire[dice.randrange(len(wire))] = dice.randrange(256)
        replied = answer(bytes(wire[: dice.randrange(len(wire) + 1)]), zone)
        assert replied is None or replied[2] & 0x80


def cut_to_a_datagram(name: str) -> dns.message.Message:
    zone = Zone()
    zone.set(name, THERE, ttl=timedelta(seconds=60))
    wire = answer(dns.message.make_query(f"_http._tcp.{name}", "SRV").to_wire(), zone)
    assert wire is not None
    assert len(wire) <= 512
    return dns.message.from_wire(wire)


def test_answer_too_long_for_a_datagram_drops_the_host_first() -> None:
    cut = cut_to_a_datagram(".".join(["a" * 60] * 3 + ["b" * 45]))
    assert (len(cut.answer), len(cut.additional), bool(cut.flags & dns.flags.TC)) == (1, 0, False)


def test_answer_that_does_not_fit_a_datagram_at_all_says_so() -> None:
    cut = cut_to_a_datagram(".".join(["a" * 60] * 3 + ["b" * 57]))
    assert (cut.answer, bool(cut.flags & dns.flags.TC)) == ([], True)


def test_server_answers_over_udp_and_tcp_on_one_port(zone: Zone) -> None:
    async def talk(server: Address) -> None:
        query = dns.message.make_query(SITE, "A")
        for ask_over in (dns.asyncquery.udp, dns.asyncquery.tcp):
            reply = await ask_over(query, server.host, port=server.port, timeout=20)
            assert reply.answer[0].to_text() == f"{SITE}. 60 IN A 127.0.0.11"

    assert served(zone, talk) == []


def test_server_goes_on_after_garbage_on_both_transports(zone: Zone) -> None:
    async def talk(server: Address) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            for garbage in (b"", b"x", b"\xff" * 40, bytes(600)):
                datagrams.sendto(garbage, (server.host, server.port))
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"\x00\x03abc")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)
        writer.close()
        reply = await dns.asyncquery.udp(dns.message.make_query(SITE, "A"), server.host, port=server.port, timeout=20)
        assert reply.answer

    assert served(zone, talk) == []


def test_server_answers_several_questions_in_pieces_on_one_connection(zone: Zone) -> None:
    async def talk(server: Address) -> None:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        wire = dns.message.make_query(SITE, "A").to_wire()
        framed = struct.pack("!H", len(wire)) + wire
        for piece in (framed[:1], framed[1:9], framed[9:] + framed + framed[:5], framed[5:]):
            writer.write(piece)
            await writer.drain()
        for _ in range(3):
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            assert dns.message.from_wire(await reader.readexactly(length)).answer
        writer.close()

    assert served(zone, talk) == []


def test_server_in_trouble_of_its_own_says_so_and_records_it() -> None:
    class Broken(Zone):
        def find(self, name: str) -> Record | None:
            raise RuntimeError(name)

    async def talk(server: Address) -> None:
        query = dns.message.make_query(SITE, "A")
        reply = await dns.asyncquery.udp(query, server.host, port=server.port, timeout=20)
        assert reply.rcode() == dns.rcode.SERVFAIL

    (event,) = served(Broken(), talk)
    assert isinstance(event, HarnessTroubled)
    assert SITE in event.error


def test_server_at_a_taken_port_says_which_one(zone: Zone) -> None:
    async def talk(server: Address) -> None:
        with pytest.raises(HarnessError, match=f"cannot listen at {server}"):
            await DnsServer(zone, record=print, listen=server).start()

    served(zone, talk)


def test_server_closed_lets_its_port_go(zone: Zone) -> None:
    async def run() -> None:
        server = DnsServer(zone, record=print)
        address = await server.start()
        reader, writer = await asyncio.open_connection(address.host, address.port)
        await server.close()
        await server.close()
        assert await asyncio.wait_for(reader.read(), 1) == b""
        writer.close()
        async with DnsServer(zone, record=print, listen=address):
            pass

    asyncio.run(run())


def rcode_of(wire: bytes | None) -> int:
    assert wire is not None
    return wire[3] & 15
