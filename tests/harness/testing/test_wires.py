# ruff: noqa: TID251 - on a virtual loop sleeping takes no time
import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from harness.errors import HarnessError
from harness.faults.toxics import Latency, LimitData, ResetPeer, Timeout
from harness.faults.toxics.toxic import Toxic
from harness.ingress.records import Address
from harness.links.link import Link, LinkToxic
from harness.testing import run_virtual
from harness.testing.wire_link import WireLink
from harness.testing.wires import HOLDS_BYTES, End, Wires
from tests.harness.testing.applications import HERE, now

THERE = Address("127.0.0.1", 4000)


class Diary(asyncio.Protocol):
    """Writes down what happens on a connection, and when."""

    def __init__(self, *, keeps_open: bool = False) -> None:
        self.lines: list[tuple[float, str]] = []
        self._keeps_open = keeps_open

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, End)
        self.end = transport

    def data_received(self, data: bytes) -> None:
        self._note(data.decode() if len(data) < 100 else f"{len(data)} bytes")

    def eof_received(self) -> bool:
        self._note("end")
        return self._keeps_open

    def connection_lost(self, exc: Exception | None) -> None:
        self._note(type(exc).__name__ if exc else "lost")

    def pause_writing(self) -> None:
        self._note("pause")

    def resume_writing(self) -> None:
        self._note("resume")

    def _note(self, what: str) -> None:
        self.lines.append((now(), what))

    @property
    def words(self) -> list[str]:
        return [what for _, what in self.lines]


class Call:
    """Wires with one connection on them, through a link if there are toxics."""

    def __init__(self, *toxics: Toxic, by_link: bool = False) -> None:
        self.wires, self.server, self.client = Wires(), Diary(), Diary()
        self.wires.listen(HERE, lambda: self.server)
        self.link = WireLink(Link("factory"), wires=self.wires, to=HERE, now=now)
        self.wires.listen(THERE, self.link.answer)
        for toxic in toxics:
            self.link.carry_out(self.link.core.add(LinkToxic(toxic.type, toxic), now=now()))
        self.end = self.wires.connect(THERE if toxics or by_link else HERE, self.client)


def over(scenario: Callable[[Call], Awaitable[None]], *toxics: Toxic) -> Call:
    async def run() -> Call:
        call = Call(*toxics)
        await scenario(call)
        await asyncio.sleep(100)
        return call

    return run_virtual(run())


def test_address_where_nobody_listens_refuses() -> None:
    async def scenario() -> None:
        wires = Wires()
        wires.listen(HERE, Diary)
        wires.close(HERE)
        assert not wires.accepts(HERE)
        with pytest.raises(ConnectionRefusedError, match="nobody listens"):
            wires.connect(HERE, Diary())

    run_virtual(scenario())


def test_address_that_is_in_use_is_not_given_away() -> None:
    wires = Wires()
    wires.listen(HERE, Diary)
    with pytest.raises(HarnessError, match="in use"):
        wires.listen(HERE, Diary)


async def talk(call: Call) -> None:
    call.end.write(b"one")
    call.end.write(b"two")
    call.server.end.write(b"three")


def test_what_is_written_arrives_in_order_on_the_other_side() -> None:
    call = over(talk)
    assert call.server.words == ["one", "two"]
    assert call.client.words == ["three"]


def test_each_end_knows_its_own_name_and_the_others() -> None:
    call = over(talk)
    assert call.end.get_extra_info("peername") == ("127.0.0.1", 3000) == call.server.end.get_extra_info("sockname")
    assert call.end.get_extra_info("sockname") == call.server.end.get_extra_info("peername")


async def say_and_close(call: Call) -> None:
    call.end.write(b"farewell")
    call.end.close()
    call.end.write(b"too late")


def test_end_that_closes_is_heard_out() -> None:
    call = over(say_and_close)
    assert call.server.words == ["farewell", "end", "lost"]
    assert call.client.words == ["lost"]


async def say_and_reset(call: Call) -> None:
    call.end.write(b"never read")
    call.end.reset()


def test_end_that_resets_takes_back_what_was_under_way_and_breaks_the_other_off() -> None:
    call = over(say_and_reset)
    assert call.server.words == ["ConnectionResetError"]
    assert call.client.words == ["lost"]


def test_half_that_is_closed_leaves_the_other_half_open() -> None:
    async def scenario(call: Call) -> None:
        call.server._keeps_open = True
        call.end.write_eof()
        await asyncio.sleep(1)
        call.server.end.write(b"and yet")

    call = over(scenario)
    assert call.server.words == ["end"]
    assert call.client.words == ["and yet"]


def test_receiver_that_does_not_read_stops_its_sender_until_it_does() -> None:
    async def scenario(call: Call) -> None:
        call.server.end.pause_reading()
        for _ in range(3):
            call.end.write(b"x" * HOLDS_BYTES)
        await asyncio.sleep(5)
        assert call.server.words == []
        assert call.end.get_write_buffer_size() == 3 * HOLDS_BYTES
        call.server.end.resume_reading()
        await asyncio.sleep(1)
        call.end.write(b"x" * 2 * HOLDS_BYTES)

    call = over(scenario)
    assert call.client.lines == [(0, "pause"), (5, "resume"), (6, "pause"), (6, "resume")]
    assert call.server.words == [*[f"{HOLDS_BYTES} bytes"] * 3, f"{2 * HOLDS_BYTES} bytes"]


def test_link_without_a_toxic_passes_on_both_ways_and_ends_with_either() -> None:
    async def scenario() -> Call:
        call = Call(by_link=True)
        await talk(call)
        await asyncio.sleep(1)
        call.end.close()
        await asyncio.sleep(1)
        return call

    call = run_virtual(scenario())
    assert call.server.words == ["one", "two", "end", "lost"]
    assert call.client.words == ["three", "lost"]
    assert not call.link.core.connections


def test_link_whose_upstream_refuses_accepts_and_closes() -> None:
    async def scenario() -> Diary:
        wires, client = Wires(), Diary()
        wires.listen(THERE, WireLink(Link("factory"), wires=wires, to=HERE, now=now).answer)
        wires.connect(THERE, client)
        await asyncio.sleep(1)
        return client

    assert run_virtual(scenario()).words == ["end", "lost"]


def test_latency_on_a_link_holds_data_for_as_long_as_it_says() -> None:
    call = over(talk, Latency(timedelta(seconds=2)))
    assert call.server.lines == [(0, "one"), (0, "two")]
    assert call.client.lines == [(2, "three")]


def test_limit_on_a_link_closes_in_the_middle_of_what_it_carries() -> None:
    assert over(talk, LimitData(2)).client.words == ["th", "end", "lost"]


def test_reset_on_a_link_breaks_both_ends_off() -> None:
    call = over(talk, ResetPeer())
    assert call.client.words == ["ConnectionResetError"]
    assert call.server.words[-1] == "ConnectionResetError"


def test_silence_on_a_link_ends_with_a_close() -> None:
    assert over(talk, Timeout(timedelta(seconds=5))).client.lines == [(5, "end"), (5, "lost")]


def test_link_that_is_cut_breaks_off_what_is_open() -> None:
    async def scenario(call: Call) -> None:
        await asyncio.sleep(1)
        call.link.cut()

    call = over(scenario, Latency(timedelta(seconds=2)))
    assert call.client.lines == [(1, "ConnectionResetError")]
    assert call.server.lines == [(1, "ConnectionResetError")]


def test_toxic_that_is_added_meets_connections_that_are_open() -> None:
    async def scenario() -> Call:
        call = Call(by_link=True)
        call.link.carry_out(call.link.core.add(LinkToxic("late", Latency(timedelta(seconds=2))), now=now()))
        await talk(call)
        await asyncio.sleep(10)
        return call

    assert run_virtual(scenario()).client.lines == [(2, "three")]
