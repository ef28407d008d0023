from __future__ import annotations

import asyncio
import socket
import sys

import pytest

from harness.links.addresses import joined, listen, resolve, split
from harness.links.refusals import Refused


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [("localhost:80", "localhost", 80), (":7070", "", 7070), ("[::1]:0", "::1", 0), ("127.0.0.1:", "127.0.0.1", 0)],
)
def test_split_reads_what_go_reads(address: str, host: str, port: int) -> None:
    assert split(address) == (host, port)


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("", "missing port in address"),
        ("localhost", "missing port in address"),
        ("::1:80", "too many colons in address"),
        ("localhost:http!", "unknown port"),
        ("localhost:٣", "unknown port"),
        ("localhost:65536", "invalid port"),
    ],
)
def test_split_of_what_is_no_address_is_refused(address: str, complaint: str) -> None:
    with pytest.raises(Refused, match=complaint) as refusal:
        split(address)
    assert refusal.value.status == 500


def test_joined_puts_brackets_around_ipv6() -> None:
    assert (joined("::1", 80), joined("127.0.0.1", 80)) == ("[::1]:80", "127.0.0.1:80")


def test_resolve_prefers_ipv4_as_go_does() -> None:
    assert asyncio.run(resolve("localhost:80")) == (socket.AF_INET, "127.0.0.1", 80)


def test_resolve_without_a_host_means_everywhere() -> None:
    family, host, port = asyncio.run(resolve(":80"))
    assert (host, port) == ("::" if family == socket.AF_INET6 else "0.0.0.0", 80)


def test_resolve_of_a_name_that_cannot_be_is_refused() -> None:
    with pytest.raises(Refused, match="no such host"):
        asyncio.run(resolve(f"{'a' * 64}.invalid:80"))


def test_listen_at_a_taken_address_is_refused_in_the_words_of_go() -> None:
    with listen((socket.AF_INET, "127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=rf"^listen tcp 127.0.0.1:{port}: bind: address already in use$"):
            listen((socket.AF_INET, "127.0.0.1", port))


def test_listen_lets_in_clients_to_whom_everything_is_sent_at_once() -> None:
    with listen((socket.AF_INET, "127.0.0.1", 0)) as bound, socket.create_connection(bound.getsockname()):
        bound.settimeout(5)
        with bound.accept()[0] as connected:
            assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            if sys.platform == "linux":
                metered_by = connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
                assert metered_by.rstrip(b"\0") == b"reno"
