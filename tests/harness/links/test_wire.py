from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import struct
from collections.abc import Iterator

import pytest

from harness.links.link import Flow
from harness.links.watch import LOOKS_ALONE, watch
from harness.links.wire import READ_BYTES, Wire
from tests.harness.links.sockets import on_both_loops, turn

MANY = 20_000_000
"""More bytes than the kernel keeps for anybody."""


class Noting:
    """Notes what a wire tells."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.told: list[object] = []
        self.losses: list[tuple[str, Exception | None]] = []

    def data_received(self, data: bytes) -> None:
        self.data += data

    def eof_received(self) -> None:
        self.told.append("end")

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")

    def connection_lost(self, error: Exception | None) -> None:
        self.losses.append(("lost", error))
        self.told.append(self.losses[-1])

    async def until_lost(self) -> None:
        while not self.losses:
            await turn()

    async def until(self, what: object) -> None:
        while what not in self.told:
            await turn()


@contextlib.contextmanager
def wired() -> Iterator[tuple[Wire, Noting, socket.socket]]:
    """Give a wire, what it tells, and the socket at its other end."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as other:
        ours, _ = listener.accept()
        ours.settimeout(0)
        other.settimeout(0)
        noting = Noting()
        watching = watch(asyncio.get_running_loop())
        wire = Wire(ours, noting, watch=watching)
        try:
            yield wire, noting, other
        finally:
            wire.abort()
            watching.close()


async def take(other: socket.socket, wanted: int) -> int:
    """Read so much, or to the end."""
    loop, got = asyncio.get_running_loop(), 0
    while got < wanted and (data := await loop.sock_recv(other, min(262_144, wanted - got))):
        got += len(data)
    return got


@on_both_loops
async def test_wire_reads_nothing_before_it_is_told_to() -> None:
    with wired() as (wire, noting, other):
        other.send(b"early")
        await turn()
        assert noting.data == b""
        wire.resume_reading()
        while noting.data != b"early":
            await turn()


@on_both_loops
async def test_wire_tells_when_the_other_end_takes_no_more_and_when_it_has_taken_all() -> None:
    with wired() as (wire, noting, other):
        wire.write(bytes(MANY))
        wire.write(b"z")
        assert noting.told == ["pause"]
        assert await take(other, MANY + 1) == MANY + 1
        await noting.until("resume")
        assert noting.told == ["pause", "resume"]


@on_both_loops
async def test_wire_with_something_unsent_sends_nothing_before_it() -> None:
    with wired() as (wire, _, other):
        wire.write(bytes(MANY))
        got = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                got += len(other.recv(1_000_000))
        wire.write(b"z")
        await take(other, MANY - got)
        assert await asyncio.get_running_loop().sock_recv(other, 100) == b"z"


@on_both_loops
async def test_wire_ended_ends_after_what_was_written_and_goes_on_reading() -> None:
    with wired() as (wire, noting, other):
        wire.resume_reading()
        wire.write(bytes(MANY))
        wire.end()
        wire.write(b"too late")
        assert await take(other, MANY + 100) == MANY
        other.send(b"still here")
        while noting.data != b"still here":
            await turn()


@on_both_loops
async def test_wire_closed_closes_after_what_was_written() -> None:
    with wired() as (wire, noting, other):
        wire.write(bytes(MANY))
        wire.close()
        wire.close()
        assert wire.is_closing
        assert ("lost", None) not in noting.told
        assert await take(other, MANY + 100) == MANY
        await noting.until(("lost", None))


@on_both_loops
async def test_wire_aborted_keeps_nothing_and_tells_afterwards() -> None:
    with wired() as (wire, noting, _other):
        wire.write(bytes(MANY))
        wire.abort()
        wire.abort()
        assert noting.told == ["pause"]
        await noting.until(("lost", None))
        wire.write(b"too late")
        assert noting.told == ["pause", ("lost", None)]


@on_both_loops
async def test_wire_reset_is_seen_as_a_reset() -> None:
    with wired() as (wire, _, other):
        wire.reset()
        with pytest.raises(ConnectionResetError):
            await take(other, 1)


@on_both_loops
async def test_wire_broken_off_right_after_its_last_data_tells_both() -> None:
    with wired() as (wire, noting, other):
        other.send(b"x")
        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        other.close()
        wire.resume_reading()
        await noting.until_lost()
        assert noting.data == b"x"
        assert [type(error) for _, error in noting.losses] == [ConnectionResetError]


@on_both_loops
async def test_wire_broken_off_with_much_unread_tells_though_it_was_busy_alone_before() -> None:
    with wired() as (wire, noting, other):
        enough = asyncio.get_running_loop().create_future()

        def ask_for_more(data: bytes) -> None:
            noting.data += data
            if len(noting.data) < 2 * LOOKS_ALONE:
                other.send(b"x")
            elif not enough.done():
                enough.set_result(None)

        noting.data_received = ask_for_more  # type: ignore[method-assign]
        wire.resume_reading()
        other.send(b"x")
        await enough
        other.send(bytes(READ_BYTES + 1))
        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        other.close()
        await noting.until_lost()
        assert [type(error) for _, error in noting.losses] == [ConnectionResetError]


@on_both_loops
async def test_wire_passing_bulk_on_loses_nothing_when_the_reader_is_slow_and_the_path_changes() -> None:
    sent = bytes(range(256)) * 40_000
    with wired() as (source, noting, sender), wired() as (target, slow, reader):
        flow = Flow()
        source.pass_on_to(target, flow)
        source.resume_reading()
        slow.pause_writing = source.pause_reading  # type: ignore[method-assign]
        slow.resume_writing = source.resume_reading  # type: ignore[method-assign]
        noting.data_received = target.write  # type: ignore[method-assign]
        sending = asyncio.get_running_loop().create_task(send_all(sender, sent))
        got = bytearray()
        while len(got) < len(sent):
            got += await asyncio.get_running_loop().sock_recv(reader, 300_000)
            if len(got) % 3:
                source.pass_on_to(target, flow)
            else:
                source.hand_over()
        await sending
        assert got == sent
        assert flow.straight_bytes > 0


async def send_all(sender: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(sender, data)


@on_both_loops
async def test_wire_told_to_read_reads_at_once_what_is_there() -> None:
    with wired() as (wire, noting, other):
        other.send(b"hello")
        select.select([wire.fd], [], [], 5)
        wire.read()
        assert not noting.data
        wire.resume_reading()
        wire.read()
        assert noting.data == b"hello"
