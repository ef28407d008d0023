from __future__ import annotations

import contextlib
import os
import socket

import pytest

from harness.links.sockets import accepted, finish_handshake, has_data, hold_handshake, unconnected


def test_socket_of_a_client_that_was_let_in_never_waits_and_is_the_clients() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        connected, address = accepted(listener, family=socket.AF_INET)
        with contextlib.closing(connected):
            assert (connected.family, address) == (socket.AF_INET, client.getsockname())
            assert not os.get_blocking(connected.fileno())
            with pytest.raises(BlockingIOError):
                connected.recv(1)
            client.sendall(b"hello")
            connected.settimeout(5)
            assert connected.recv(5) == b"hello"


def test_socket_for_a_client_of_whom_there_is_none_waits_as_the_listener_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            accepted(listener, family=socket.AF_INET)


def test_socket_that_is_not_connected_yet_never_waits_and_belongs_to_no_child() -> None:
    with contextlib.closing(unconnected(socket.AF_INET)) as made:
        assert made.gettimeout() == 0.0
        assert not os.get_blocking(made.fileno())
        assert not os.get_inheritable(made.fileno())


def test_socket_has_data_from_when_some_came_to_when_it_was_read() -> None:
    ours, other = socket.socketpair()
    with ours, other:
        assert not has_data(ours)
        other.sendall(b"hello")
        assert has_data(ours)
        ours.recv(10)
        assert not has_data(ours)


def test_socket_whose_other_end_has_no_more_to_say_has_no_data() -> None:
    ours, other = socket.socketpair()
    with ours, other:
        other.shutdown(socket.SHUT_WR)
        assert not has_data(ours)


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="this system never holds a handshake")
def test_handshake_is_held_until_it_is_to_be_finished() -> None:
    with contextlib.closing(unconnected(socket.AF_INET)) as calling:
        hold_handshake(calling)
        assert not calling.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)
        finish_handshake(calling)
        assert calling.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)


def test_handshake_that_was_held_ends_with_the_first_data() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.closing(unconnected(socket.AF_INET)) as calling:
        listener.settimeout(5)
        hold_handshake(calling)
        calling.settimeout(5)
        calling.connect(listener.getsockname())
        calling.sendall(b"hello")
        upstream, _ = listener.accept()
        with upstream:
            upstream.settimeout(5)
            assert upstream.recv(10) == b"hello"
