"""A client is let in, and the upstream is called: with what the client has said by then, or at once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from datetime import timedelta

from harness.faults.toxics import Latency
from harness.links import Direction, LinkToxic
from harness.links.conversation import Conversation, Surroundings
from harness.links.deadlines import Deadlines
from harness.links.dialling import Dialling
from harness.links.link import Link
from harness.links.watch import watch
from tests.harness.links.sockets import on_both_loops, staged

UP = Direction.UPSTREAM


@on_both_loops
async def test_link_tells_the_upstream_of_a_client_who_says_nothing() -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"who is it?")

    async with staged(greet) as stage:
        reader, _ = await stage.connect()
        assert await reader.read() == b"who is it?"


@on_both_loops
async def test_link_delivers_and_counts_what_a_client_said_before_it_was_let_in() -> None:
    async with staged() as stage:
        host, _, port = stage.link.listen.rpartition(":")
        with socket.create_connection((host, int(port))) as client:  # while the loop stands still
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            client.settimeout(0)
            got = bytearray()
            while data := await asyncio.get_running_loop().sock_recv(client, 100):
                got += data
        assert got == b"hellobye"
        assert stage.link.link.flows[UP].sent_bytes == 5


@on_both_loops
async def test_link_slows_what_a_client_said_before_it_was_let_in() -> None:
    async with staged() as stage:
        stage.link.add(LinkToxic("slow", Latency(timedelta(milliseconds=50)), direction=UP))
        host, _, port = stage.link.listen.rpartition(":")
        began = time.monotonic()
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"hello")
            client.settimeout(0)
            assert await asyncio.get_running_loop().sock_recv(client, 100) == b"hello"
        assert time.monotonic() - began >= 0.05


def test_client_whose_link_stops_before_the_upstream_is_called_is_closed_and_nobody_is_called() -> None:
    async def story() -> None:
        loop, gone = asyncio.get_running_loop(), loop_future()
        client, ours = socket.socketpair()
        with client, contextlib.closing(watch(loop)) as watching:
            ours.settimeout(0)
            around = Surroundings(
                link=Link("tested"),
                deadlines=Deadlines(now=loop.time, speed=1.0, loop=loop),
                now=loop.time,
                watch=watching,
                dial=nobody_may_call,
                gone=gone.set_result,
            )
            conversation = Conversation(around, ours, client="somebody")
            conversation.abort()
            conversation.start()
            assert await gone is conversation
            assert client.recv(1) == b""

    asyncio.run(asyncio.wait_for(story(), 10))


def loop_future() -> asyncio.Future[Conversation]:
    return asyncio.get_running_loop().create_future()


def nobody_may_call(_answered: object, _failed: object) -> Dialling:
    message = "somebody was called"
    raise AssertionError(message)
