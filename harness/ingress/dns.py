"""A real DNS server on loopback: what it answers is the zone, as it is at that moment.

It answers A for a site name, and SRV for `_http._tcp.<name>`: where only 127.0.0.1 exists, ports stand in for
addresses, and SRV is how DNS says a port. The SRV answer carries the A record along, so that one question gives both
from the same moment. TTLs are incident seconds.

Rules of this file: a reply never causes a reply; whatever arrives, the server goes on; its answers are authoritative,
and outside its zone there is nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from harness.errors import HarnessError
from harness.events import Event, HarnessTroubled
from harness.ingress.records import SERVICE, Address, Record, Zone

LARGEST_DATAGRAM = 512
"""Without EDNS no answer over UDP is longer (RFC 1035, section 2.3.4)."""

LARGEST_STREAMED = 65535
"""What the length before a message over TCP can say (RFC 1035, section 4.2.2)."""

TRIES_FOR_A_FREE_PORT = 10
"""A port that is free for TCP may be taken for UDP."""

_HEADER = struct.Struct("!HHHHHH")
_LENGTH = struct.Struct("!H")
_REPLY = 0x8000
_REPEATED = 0x7900
"""The flags that a reply repeats from its query: the opcode, and whether recursion was desired."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a DNS server treats those who ask."""

    fails: bool = False
    """Whether it answers every question with SERVFAIL."""
    delay_seconds: float = 0.0
    """How late it answers, on the wall."""
    noticed: Callable[[], object] = lambda: None
    """Called for each answer that was not as it should be."""


def answer(wire: bytes, zone: Zone, *, largest_bytes: int = LARGEST_DATAGRAM) -> bytes | None:
    """Answer one DNS message from the zone.

    Args:
        wire: the message as it arrived, whatever it is.
        zone: the records to answer from.
        largest_bytes: what fits; a longer answer is cut and says so, and the client asks again over TCP.

    Returns: the reply, or None where silence is the only safe one: a message without a header, or one that is a reply.
    """
    if len(wire) < _HEADER.size or int.from_bytes(wire[2:4]) & _REPLY:
        return None
    if dns.opcode.from_flags(int.from_bytes(wire[2:4])) != dns.opcode.QUERY:
        return _refusal(wire, dns.rcode.NOTIMP)
    try:
        query = dns.message.from_wire(wire, question_only=True)
    except dns.exception.DNSException:
        return _refusal(wire, dns.rcode.FORMERR)
    if len(query.question) != 1:
        return _refusal(wire, dns.rcode.FORMERR)
    if query.question[0].rdclass != dns.rdataclass.IN:
        return _refusal(wire, dns.rcode.REFUSED)
    return _reply(query, zone).to_wire(max_size=largest_bytes, prefer_truncation=True)


def _refusal(wire: bytes, code: dns.rcode.Rcode) -> bytes:
    identity, flags, *_ = _HEADER.unpack_from(wire)
    return _HEADER.pack(identity, _REPLY | flags & _REPEATED | code, 0, 0, 0, 0)


def _reply(query: dns.message.Message, zone: Zone) -> dns.message.Message:
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA
    asked = query.question[0]
    text = asked.name.to_text(omit_final_dot=True).lower()
    site = text.removeprefix(f"{SERVICE}.")
    record = zone.find(site)
    if record is None:
        reply.set_rcode(dns.rcode.NOERROR if _has_names_below(text, zone) else dns.rcode.NXDOMAIN)
    elif site == text and asked.rdtype == dns.rdatatype.A:
        reply.answer.append(_host(asked.name, record))
    elif site != text and asked.rdtype == dns.rdatatype.SRV:
        target = dns.name.from_text(record.name)
        reply.answer.append(_service(asked.name, record, target=target))
        reply.additional.append(_host(target, record))
    return reply


def _host(name: dns.name.Name, record: Record) -> dns.rrset.RRset:
    return dns.rrset.from_text(name, _ttl(record), dns.rdataclass.IN, dns.rdatatype.A, record.address.host)


def _service(name: dns.name.Name, record: Record, *, target: dns.name.Name) -> dns.rrset.RRset:
    offer = f"0 0 {record.address.port} {target}"
    return dns.rrset.from_text(name, _ttl(record), dns.rdataclass.IN, dns.rdatatype.SRV, offer)


def _ttl(record: Record) -> int:
    return int(record.ttl.total_seconds())


def _has_names_below(text: str, zone: Zone) -> bool:
    """Say whether a name without records exists all the same, being the end of one that has some (RFC 8020)."""
    return any(f"{SERVICE}.{record.name}".endswith(f".{text}") for record in zone)


class DnsServer:
    """Answers DNS questions from a zone, over UDP and TCP on one port.

    Args:
        zone: the records, read anew for each question.
        listen: where; port 0 takes a free one.
        record: keeps an event when answering fails for a reason that is ours.

    Cleanup: `close`, or use it as an asynchronous context manager.
    """

    def __init__(
        self,
        zone: Zone,
        *,
        record: Callable[[Event], object],
        listen: Address = Address("127.0.0.1", 0),  # noqa: B008 - frozen
    ) -> None:
        self.address = listen
        self.manner = Manner()
        """How it answers from now on."""
        self._zone = zone
        self._record = record
        self._datagrams: asyncio.DatagramTransport | None = None
        self._listener: asyncio.Server | None = None
        self._streams: set[asyncio.Transport] = set()

    async def start(self) -> Address:
        """Begin to answer.

        Returns: the address it listens at.

        Raises:
            HarnessError: when the address cannot be had.
        """
        datagrams, listener = _bound(self.address)
        self.address = Address(*listener.getsockname())
        loop = asyncio.get_running_loop()
        self._datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self._reply), sock=datagrams)
        self._listener = await loop.create_server(lambda: _Stream(self._reply, self._streams), sock=listener)
        return self.address

    async def close(self) -> None:
        """Stop answering, at once; closing twice is fine."""
        if self._datagrams is not None:
            self._datagrams.close()
        if self._listener is not None:
            self._listener.close()
        for stream in tuple(self._streams):
            stream.abort()
        if self._listener is not None:
            await self._listener.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def _reply(self, wire: bytes, largest_bytes: int, send: Callable[[bytes | None], None]) -> None:
        manner, reply = self.manner, self._answer(wire, largest_bytes)
        if reply is not None and manner.fails:
            reply = _refusal(wire, dns.rcode.SERVFAIL)
        if reply is not None and (manner.fails or manner.delay_seconds):
            manner.noticed()
        if manner.delay_seconds:
            asyncio.get_running_loop().call_later(manner.delay_seconds, send, reply)
        else:
            send(reply)

    def _answer(self, wire: bytes, largest_bytes: int) -> bytes | None:
        try:
            return answer(wire, self._zone, largest_bytes=largest_bytes)
        except Exception as error:  # one bad message must not end the server
            self._record(HarnessTroubled(where=f"DNS server at {self.address}", error=repr(error)))
            return _refusal(wire, dns.rcode.SERVFAIL)


Answering = Callable[[bytes, int, Callable[[bytes | None], None]], None]
"""Takes a message, the longest answer that fits, and what sends it; None is for silence."""


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._answering(data, LARGEST_DATAGRAM, lambda reply: self._send(reply, addr))

    def _send(self, reply: bytes | None, addr: tuple[str, int]) -> None:
        if reply is not None and not self._transport.is_closing():
            self._transport.sendto(reply, addr)


class _Stream(asyncio.Protocol):
    def __init__(self, answering: Answering, streams: set[asyncio.Transport]) -> None:
        self._answering = answering
        self._streams = streams
        self._read = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._streams.add(transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._streams.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (message := self._next()) is not None:
            self._answering(message, LARGEST_STREAMED, self._send)

    def _send(self, reply: bytes | None) -> None:
        if reply is None:
            self._transport.abort()
        elif not self._transport.is_closing():
            self._transport.write(_LENGTH.pack(len(reply)) + reply)

    def _next(self) -> bytes | None:
        end = _LENGTH.size + int.from_bytes(self._read[: _LENGTH.size])
        if len(self._read) < max(end, _LENGTH.size):
            return None
        message, self._read = self._read[_LENGTH.size : end], self._read[end:]
        return message


def _bound(listen: Address) -> tuple[socket.socket, socket.socket]:
    for _ in range(TRIES_FOR_A_FREE_PORT if listen.port == 0 else 0):
        with contextlib.suppress(OSError):
            return _bound_once(listen)
    try:
        return _bound_once(listen)
    except OSError as error:
        message = f"the DNS server cannot listen at {listen}: {error.strerror}. Give a free port, or 0 for any."
        raise HarnessError(message) from error


def _bound_once(listen: Address) -> tuple[socket.socket, socket.socket]:
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    datagrams = socket.socket(type=socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((listen.host, listen.port))
        datagrams.bind(listener.getsockname())
    except OSError:
        listener.close()
        datagrams.close()
        raise
    return datagrams, listener
