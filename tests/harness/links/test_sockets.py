from __future__ import annotations

import contextlib
import os
import socket

import pytest

from harness.links.sockets import accepted, unconnected


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
