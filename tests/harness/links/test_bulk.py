from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator

import pytest

from harness.links.bulk import carry

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux moves data between sockets by itself")


@contextlib.contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as one:
        other, _ = listener.accept()
        with other:
            one.settimeout(0)
            other.settimeout(0)
            yield one, other


def test_carry_moves_what_has_come() -> None:
    with pair() as (sender, source), pair() as (target, reader):
        sender.send(b"a" * 100_000)
        assert carry(source.fileno(), target.fileno()) == (100_000, b"")
        reader.settimeout(5)
        assert len(reader.recv(100_000, socket.MSG_WAITALL)) == 100_000


def test_carry_gives_what_the_target_does_not_take() -> None:
    with pair() as (sender, source), pair() as (target, _):
        with contextlib.suppress(BlockingIOError):
            while True:
                target.send(bytes(1_000_000))
        sender.send(b"left over")
        assert carry(source.fileno(), target.fileno()) == (9, b"left over")
        assert carry(source.fileno(), target.fileno()) == (0, b"")


def test_carry_of_what_has_ended_is_nothing() -> None:
    with pair() as (sender, source), pair() as (target, _):
        sender.shutdown(socket.SHUT_WR)
        assert carry(source.fileno(), target.fileno()) == (0, b"")
        assert source.recv(1) == b""
