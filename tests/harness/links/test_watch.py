from __future__ import annotations

import asyncio
import contextlib
import select
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.links.watch import LOOKS_ALONE, Callback, Watch, watch
from tests.harness.links.sockets import on_both_loops, turn


class Lent:
    """The loop, and which sockets it was given."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.given: set[int] = set()

    def add_reader(self, fd: int, callback: Callback) -> None:
        self.given.add(fd)
        self._loop.add_reader(fd, callback)

    def remove_reader(self, fd: int) -> None:
        self.given.remove(fd)
        self._loop.remove_reader(fd)


@contextlib.contextmanager
def watched(lent: Lent | None = None) -> Iterator[tuple[Watch, socket.socket, socket.socket]]:
    """Give a watch, and two ends of a connection, of which the first is to be watched."""
    loop: Any = lent or asyncio.get_running_loop()
    ours, other = socket.socketpair()
    with ours, other, contextlib.closing(watch(loop)) as watching:
        ours.settimeout(0)
        yield watching, ours, other


async def until(happened: Callable[[], object]) -> None:
    while not happened():
        await turn()


@on_both_loops
async def test_socket_is_told_of_until_nobody_wants_to_know() -> None:
    with watched() as (watching, ours, other):
        told: list[bytes] = []
        watching.read(ours.fileno(), lambda: told.append(ours.recv(10)))
        other.send(b"a")
        await until(lambda: told == [b"a"])
        watching.stop_reading(ours.fileno())
        watching.stop_reading(ours.fileno())
        other.send(b"b")
        await turn()
        assert told == [b"a"]


@on_both_loops
async def test_socket_may_be_read_and_written_and_each_ends_by_itself() -> None:
    with watched() as (watching, ours, other):
        told: list[str] = []
        watching.write(ours.fileno(), lambda: told.append("write"))
        watching.read(ours.fileno(), lambda: told.append("read"))
        other.send(b"a")
        await until(lambda: {"read", "write"} <= set(told))
        watching.stop_writing(ours.fileno())
        watching.stop_writing(ours.fileno())
        told.clear()
        await until(lambda: told)
        assert set(told) == {"read"}
        watching.write(ours.fileno(), lambda: told.append("write"))
        watching.stop_reading(ours.fileno())
        told.clear()
        await until(lambda: told)
        assert set(told) == {"write"}


@on_both_loops
async def test_socket_that_is_told_to_somebody_else_is_told_to_nobody_before() -> None:
    with watched() as (watching, ours, other):
        told: list[str] = []
        watching.read(ours.fileno(), lambda: told.append("first"))
        watching.read(ours.fileno(), lambda: told.append("second"))
        other.send(b"a")
        await until(lambda: told)
        assert set(told) == {"second"}


@on_both_loops
async def test_socket_whose_other_end_is_gone_is_told_to_whoever_reads_or_writes() -> None:
    with watched() as (watching, ours, other):
        other.close()
        told: list[str] = []
        watching.read(ours.fileno(), lambda: told.append("read"))
        await until(lambda: told)
        watching.stop_reading(ours.fileno())
        watching.write(ours.fileno(), lambda: told.append("write"))
        await until(lambda: "write" in told)


@on_both_loops
async def test_callback_that_fails_is_reported_and_harms_no_other() -> None:
    with watched() as (watching, ours, other), contextlib.ExitStack() as more:
        reported: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: reported.append(context["exception"]))
        mistake = ValueError("on purpose")
        told: list[bytes] = []

        def fail() -> None:
            ours.recv(10)
            raise mistake

        third, fourth = socket.socketpair()
        more.enter_context(third)
        more.enter_context(fourth)
        watching.read(ours.fileno(), fail)
        watching.read(third.fileno(), lambda: told.append(third.recv(10)))
        other.send(b"a")
        fourth.send(b"b")
        await until(lambda: reported and told)
        assert (reported, told) == ([mistake], [b"b"])
        watching.stop_reading(third.fileno())


async def be_busy(watching: Watch, ours: socket.socket, other: socket.socket, *, times: int) -> None:
    """Let a socket be read so many times, one after the other."""
    got = bytearray()

    def receive() -> None:
        got.extend(ours.recv(10))
        if len(got) < times:
            other.send(b"a")

    watching.read(ours.fileno(), receive)
    other.send(b"a")
    await until(lambda: len(got) == times)


@on_both_loops
async def test_socket_that_is_busy_alone_is_given_to_the_loop() -> None:
    lent = Lent()
    with watched(lent) as (watching, ours, other):
        await be_busy(watching, ours, other, times=LOOKS_ALONE - 1)
        assert ours.fileno() not in lent.given
        await be_busy(watching, ours, other, times=2)
        assert ours.fileno() in lent.given


@on_both_loops
async def test_socket_that_is_busy_beside_another_is_not_given_to_the_loop() -> None:
    lent = Lent()
    with watched(lent) as (watching, ours, other), contextlib.ExitStack() as more:
        third, fourth = map(more.enter_context, socket.socketpair())
        fourth.send(b"a")
        watching.read(third.fileno(), lambda: None)
        await be_busy(watching, ours, other, times=2 * LOOKS_ALONE)
        assert ours.fileno() not in lent.given


@on_both_loops
async def test_socket_that_was_given_to_the_loop_is_taken_back_when_it_is_forgotten() -> None:
    lent = Lent()
    with watched(lent) as (watching, ours, other):
        await be_busy(watching, ours, other, times=2 * LOOKS_ALONE)
        watching.forget(ours.fileno())
        assert ours.fileno() not in lent.given


@on_both_loops
async def test_watch_closed_leaves_the_loop_nothing() -> None:
    lent = Lent()
    with watched(lent) as (watching, ours, other):
        await be_busy(watching, ours, other, times=2 * LOOKS_ALONE)
        watching.close()
        assert lent.given == set()


@on_both_loops
async def test_socket_that_is_busy_alone_can_be_watched_stopped_and_written_as_any_other() -> None:
    with watched() as (watching, ours, other):
        told: list[str] = []
        await be_busy(watching, ours, other, times=2 * LOOKS_ALONE)
        watching.write(ours.fileno(), lambda: told.append("write"))
        await until(lambda: told)
        watching.stop_writing(ours.fileno())
        await be_busy(watching, ours, other, times=2 * LOOKS_ALONE)
        watching.stop_reading(ours.fileno())
        other.send(b"b")
        told.clear()
        await turn()
        assert not told
        watching.read(ours.fileno(), lambda: told.append("read"))
        await until(lambda: told)
        assert set(told) == {"read"}


def test_system_that_cannot_watch_many_sockets_by_one_file_watches_each(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        with watched() as (watching, ours, other):
            told: list[bytes] = []
            watching.read(ours.fileno(), lambda: told.append(ours.recv(10)))
            other.send(b"a")
            await until(lambda: told)
            watching.stop_reading(ours.fileno())
            watching.write(ours.fileno(), lambda: told.append(b"write"))
            await until(lambda: told[1:])
            watching.stop_writing(ours.fileno())

    monkeypatch.delattr(select, "epoll", raising=False)
    asyncio.run(story())
