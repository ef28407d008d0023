"""On real sockets and both event loops: what the pure tests cannot show."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import struct
import time
from collections.abc import Iterator
from datetime import timedelta

import httpx
import psutil
import pytest

from harness.events import FaultHit, FaultRemoved
from harness.faults.toxics import (
    TOXICS,
    Bandwidth,
    Cut,
    HttpBody,
    HttpDelay,
    HttpDrop,
    HttpHeader,
    HttpStatus,
    Latency,
    LimitData,
    Noop,
    PacketLoss,
    ResetPeer,
    Slicer,
    SlowClose,
    SlowOpen,
    Timeout,
)
from harness.faults.toxics.http_toxic import HttpToxic
from harness.links import Direction, LinkSettings, LinkToxic
from harness.links.conversation import Conversation
from harness.links.side import Side
from harness.links.wire import Wire
from tests.harness.links.sockets import on_both_loops, staged, turn

MILLISECOND = timedelta(milliseconds=1)
UP, DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM


@on_both_loops
async def test_link_without_toxics_passes_both_ways_and_counts_live() -> None:
    async with staged() as stage:
        reader, writer = await stage.connect()
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        flows = stage.link.link.flows
        assert [(flows[way].received_bytes, flows[way].sent_bytes) for way in (UP, DOWN)] == [(5, 5), (5, 5)]


@on_both_loops
async def test_link_leaves_nothing_of_a_connection_that_is_gone_for_the_garbage_collector_to_find() -> None:
    async with staged() as stage:
        gc.collect()
        gc.disable()
        try:
            reader, writer = await stage.connect()
            writer.write(b"hello")
            writer.write_eof()
            assert await reader.read() == b"hellobye"
            await stage.until(lambda: not stage.link.open_connections)
            await turn()
            left = [kept for kept in gc.get_objects() if isinstance(kept, Conversation | Side | Wire)]
        finally:
            gc.enable()
        assert left == []


@on_both_loops
async def test_link_half_closed_by_the_client_still_delivers_the_reply() -> None:
    async with staged() as stage:
        reader, writer = await stage.connect()
        writer.write(b"last words")
        writer.write_eof()
        assert await reader.read() == b"last wordsbye"
        await stage.until(lambda: stage.link.open_connections == 0)


@on_both_loops
async def test_link_half_closed_by_the_server_still_delivers_what_the_client_sends() -> None:
    got = bytearray()

    async def closes_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write_eof()
        got.extend(await reader.read())

    async with staged(closes_first) as stage:
        reader, writer = await stage.connect()
        assert await reader.read() == b""
        writer.write(b"still here")
        writer.write_eof()
        await stage.until(lambda: stage.link.open_connections == 0)
    assert got == b"still here"


@on_both_loops
async def test_link_latency_delays_and_never_comes_early() -> None:
    async with staged() as stage:
        reader, writer = await stage.connect()
        stage.link.add(LinkToxic("slow", Latency(5 * MILLISECOND)))
        for _ in range(8):
            began = time.monotonic()
            writer.write(b"x")
            await reader.readexactly(1)
            assert time.monotonic() - began >= 0.005


@on_both_loops
async def test_link_at_speed_waits_for_incident_time() -> None:
    async with staged(speed=20) as stage:
        reader, writer = await stage.connect()
        stage.link.add(LinkToxic("slow", Latency(4000 * MILLISECOND)))
        began = time.monotonic()
        writer.write(b"x")
        await reader.readexactly(1)
        assert 0.2 <= time.monotonic() - began < 4


@on_both_loops
async def test_link_toxic_removed_lets_go_of_what_it_held_and_takes_the_straight_path_again() -> None:
    async with staged() as stage:
        reader, writer = await stage.connect()
        stage.link.add(LinkToxic("stuck", Bandwidth(0), UP))
        writer.write(b"a" * 300_000)
        flow = stage.link.link.flows[UP]
        await stage.until(lambda: flow.received_bytes > 60_000)
        assert flow.sent_bytes == 0
        stage.link.remove("stuck")
        assert await reader.readexactly(300_000) == b"a" * 300_000
        passed = flow.into_toxics_bytes
        writer.write(b"b")
        await reader.readexactly(1)
        assert flow.into_toxics_bytes == passed
        assert flow.received_bytes == flow.sent_bytes == 300_001


@on_both_loops
async def test_link_reset_is_really_seen_by_client_and_server_on_an_open_connection() -> None:
    async with staged() as stage:
        reader, writer = await stage.connect()
        writer.write(b"open")
        await reader.readexactly(4)
        stage.link.add(LinkToxic("broken", ResetPeer(), UP))
        writer.write(b"x")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        await stage.until(lambda: bool(stage.upstream_errors))
        assert isinstance(stage.upstream_errors[0], ConnectionResetError)
        hit, removed = stage.events[1], stage.events[-1]
        assert isinstance(hit, FaultHit)
        assert not isinstance(removed, FaultRemoved)
    assert isinstance(stage.events[-1], FaultRemoved)
    assert stage.events[-1].hits == 1


@on_both_loops
async def test_link_reset_is_really_seen_on_a_new_connection() -> None:
    async with staged() as stage:
        stage.link.add(LinkToxic("broken", ResetPeer(5 * MILLISECOND), UP))
        reader, writer = await stage.connect()
        writer.write(b"x")
        with pytest.raises(ConnectionResetError):
            await reader.read()


@on_both_loops
async def test_link_upstream_that_breaks_off_is_passed_on_as_a_reset() -> None:
    async def breaks_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)
        writer.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        writer.transport.abort()

    async with staged(breaks_off) as stage:
        reader, writer = await stage.connect()
        writer.write(b"x")
        with pytest.raises(ConnectionResetError):
            await reader.read()


@on_both_loops
async def test_link_spoils_the_http_responses_it_is_told_to_and_no_others() -> None:
    async def serves_pizza(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"jwt": "good"}')

    async with staged(serves_pizza) as stage:
        spoiling = HttpBody(path="/api/order", mode="set_field", member="jwt", value="bad", every=2)
        stage.link.add(LinkToxic("wrong 200", spoiling))
        async with httpx.AsyncClient(base_url=f"http://{stage.link.listen}", trust_env=False) as client:
            said = [(await client.get(path)).json()["jwt"] for path in ("/api/order", "/menu", "/api/order")]
    assert said == ["good", "good", "bad"]


@on_both_loops
async def test_link_limit_closes_after_what_it_let_through() -> None:
    async with staged() as stage:
        stage.link.add(LinkToxic("short", LimitData(3)))
        reader, writer = await stage.connect()
        writer.write(b"abcdef")
        assert await reader.read() == b"abc"


@on_both_loops
async def test_link_timeout_closes_a_silent_connection() -> None:
    async with staged() as stage:
        reader, _ = await stage.connect()
        stage.link.add(LinkToxic("mute", Timeout(5 * MILLISECOND)))
        assert await reader.read() == b""


@on_both_loops
async def test_link_toxic_heals_itself_after_its_time_to_live() -> None:
    async with staged() as stage:
        reader, writer = await stage.connect()
        stage.link.add(LinkToxic("stuck", Bandwidth(0), ttl=20 * MILLISECOND))
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"
        assert stage.link.link.toxics == ()
        removed = stage.events[-1]
        assert isinstance(removed, FaultRemoved)
        assert removed.by == "time to live"  # before it hit anything, on a machine that is busy enough


@on_both_loops
async def test_link_disabled_refuses_and_cuts_and_enabled_serves_at_the_same_port() -> None:
    async with staged() as stage:
        reader, _ = await stage.connect()
        stage.link.stop()
        assert await reader.read() == b""
        with pytest.raises(ConnectionRefusedError):
            await stage.connect()
        await stage.link.start()
        reader, writer = await stage.connect()
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"


@on_both_loops
async def test_link_without_an_upstream_accepts_and_closes() -> None:
    async with staged() as stage:
        unbound = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        address = f"127.0.0.1:{unbound.sockets[0].getsockname()[1]}"
        unbound.close()
        await unbound.wait_closed()
        stage.link = await stage.links.create(LinkSettings("nowhere", address))
        reader, _ = await stage.connect()
        assert await reader.read() == b""
        await stage.until(lambda: stage.link.open_connections == 0)


@on_both_loops
async def test_link_with_a_hanging_upstream_keeps_nobody_else_waiting() -> None:
    with full_listener() as address:
        async with staged() as stage:
            settings = LinkSettings("changing", address)
            stage.link = await stage.links.create(settings)
            _, waiting = await stage.connect()
            waiting.write(b"never answered")
            await stage.until(lambda: stage.link.open_connections == 1)
            assert stage.link.link.connections == ()
            stage.link.upstream = stage.links["tested"].upstream
            reader, writer = await stage.connect()
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
            assert stage.link.open_connections == 2
            stage.link.stop()
            await stage.until(lambda: stage.link.open_connections == 0)


@contextlib.contextmanager
def full_listener() -> Iterator[str]:
    """Give an address where calls are never answered: it listens, and as many as may wait do so."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"


KEEP_ALL = (
    Latency(MILLISECOND),
    Slicer(900, 100),
    Bandwidth(50_000),
    Bandwidth(50_000, shared=True),
    SlowOpen(MILLISECOND),
    SlowClose(MILLISECOND),
    Noop(),
    PacketLoss(0),
    LimitData(10**9),
    Cut(timedelta(hours=1)),
    HttpDelay(path="/another"),
    HttpStatus(path="/another"),
    HttpHeader(name="X", path="/another"),
    HttpBody(path="/another"),
    HttpDrop(path="/another"),
)
"""Every toxic with settings that lose nothing; the two that are left out cannot but break off."""


def test_toxics_that_are_to_keep_all_data_are_all_that_can() -> None:
    assert set(TOXICS) - {type(toxic) for toxic in KEEP_ALL} == {ResetPeer, Timeout}


@on_both_loops
async def test_link_toxics_come_change_and_go_while_data_flows_and_nothing_is_lost() -> None:
    sent = bytes(range(256)) * 2000

    async with staged() as stage:
        reader, writer = await stage.connect()

        async def send() -> None:
            for start in range(0, len(sent), 7000):
                writer.write(sent[start : start + 7000])
                await writer.drain()

        async def meddle() -> None:
            for number in range(2 * len(KEEP_ALL)):
                toxic, name = KEEP_ALL[number % len(KEEP_ALL)], f"toxic {number}"
                way = DOWN if isinstance(toxic, HttpToxic) or number % 2 else UP
                stage.link.add(LinkToxic(name, toxic, way))
                await turn()
                stage.link.change(LinkToxic(name, toxic, way, toxicity=number % 2))
                await turn()
                stage.link.remove(name)

        _, _, got = await asyncio.gather(send(), meddle(), reader.readexactly(len(sent)))
        assert got == sent


@on_both_loops
async def test_link_slow_reader_stops_the_sender() -> None:
    sent = 0

    async def floods(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while sent < 200_000_000:
            writer.write(bytes(65536))
            await writer.drain()
            sent += 65536

    async with staged(floods) as stage:
        stage.link.add(LinkToxic("narrow", Bandwidth(1)))
        await stage.connect()
        stalled = -1
        while stalled != sent:
            stalled = sent
            for _ in range(20):
                await turn()
        gc.collect()
        assert sent < 20_000_000  # the kernel's buffers, and a little of ours
        assert stage.link.link.flows[DOWN].received_bytes < 1_000_000


@pytest.mark.slow
@on_both_loops
async def test_link_carries_two_hundred_connections_at_once() -> None:
    async with staged() as stage:
        stage.link.add(LinkToxic("slow", Latency(10 * MILLISECOND)))

        async def talk(number: int) -> None:
            reader, writer = await stage.connect()
            said = f"client {number}".encode() * 50
            writer.write(said)
            assert await reader.readexactly(len(said)) == said

        await asyncio.gather(*(talk(number) for number in range(200)))
        assert stage.link.link.hits == {"slow": 200}
        assert stage.link.open_connections == 200


@pytest.mark.slow
@on_both_loops
async def test_link_slow_reader_does_not_grow_memory() -> None:
    async def floods(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(1000):
            writer.write(bytes(65536))
            await writer.drain()

    async with staged(floods) as stage:
        before = psutil.Process().memory_info().rss
        readers = [await stage.connect() for _ in range(20)]
        last, received = -1, 0
        while last != received:
            last = received
            for _ in range(50):
                await turn()
            received = stage.link.link.flows[DOWN].received_bytes
        assert psutil.Process().memory_info().rss - before < 50_000_000
        assert len(readers) == 20
