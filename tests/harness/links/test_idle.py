"""Ten thousand clients who say nothing, through links in a process of their own.

Each takes two open files there; where the system allows fewer, as many as it allows. And those who come when there are
no files left.
"""

from __future__ import annotations

import contextlib
import json
import resource
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import IO

import psutil
import pytest

from harness.links.__main__ import MANY_FILES

CLIENTS = 10_000
MOST_BYTES = 300_000_000


@contextlib.contextmanager
def many_files() -> Iterator[int]:
    """Allow as many open files as we may, and give how many clients that is enough for."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CLIENTS + 500
    try:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, before[0]), max(wanted, before[1])))
        allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        yield min(CLIENTS, (allowed - 500) // 2)
    finally:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextlib.contextmanager
def links_to(upstream: str) -> Iterator[tuple[psutil.Process, tuple[str, int], IO[str]]]:
    """Start links in a process, and give it, where its only link listens, and what it says."""
    command = [sys.executable, "-m", "harness.links", "-port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        try:
            control = running.stderr.readline().split("http://")[1].split(",")[0]
            body = json.dumps({"name": "idle", "upstream": upstream}).encode()
            with urllib.request.urlopen(f"http://{control}/proxies", data=body) as reply:
                host, _, port = json.load(reply)["listen"].rpartition(":")
            yield psutil.Process(running.pid), (host, int(port)), running.stderr
        finally:
            running.terminate()


@pytest.mark.slow
def test_links_hold_ten_thousand_idle_connections_in_little_memory() -> None:
    with contextlib.ExitStack() as stack:
        clients = stack.enter_context(many_files())
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
        links, address, _ = stack.enter_context(links_to(f"127.0.0.1:{listener.getsockname()[1]}"))
        ends: list[tuple[socket.socket, socket.socket]] = []
        for _ in range(clients):
            client = stack.enter_context(socket.create_connection(address))
            ends.append((client, stack.enter_context(listener.accept()[0])))
        assert links.memory_info().rss < MOST_BYTES * clients / CLIENTS
        for client, server in (ends[0], ends[-1]):
            client.send(b"still there?")
            assert server.recv(100) == b"still there?"


FEW_FILES = 64


def first_words(listener: socket.socket) -> bytes:
    """Accept a client, and hear what it says or that it is gone."""
    with listener.accept()[0] as end:
        return end.recv(100)


@pytest.mark.slow
@pytest.mark.parametrize("few", [FEW_FILES, FEW_FILES + 1])  # the last file is a client's, or its upstream's
def test_links_without_files_let_clients_wait_say_so_once_and_go_on_when_others_leave(few: int) -> None:
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
        links, address, said = stack.enter_context(links_to(f"127.0.0.1:{listener.getsockname()[1]}"))
        resource.prlimit(links.pid, resource.RLIMIT_NOFILE, (few, few))
        clients = [stack.enter_context(socket.create_connection(address, timeout=10)) for _ in range(FEW_FILES)]
        assert "lets nobody in for now: Too many open files" in said.readline()
        assert links.cpu_percent(interval=0.5) < 20
        for client in clients:
            client.close()
        late = stack.enter_context(socket.create_connection(address, timeout=10))
        late.sendall(b"at last")
        listener.settimeout(10)
        while first_words(listener) != b"at last":
            continue
        links.terminate()
        assert "lets nobody in" not in said.read()


@pytest.mark.slow
def test_links_raise_their_limit_of_open_files_as_far_as_they_may() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
    try:
        with links_to("127.0.0.1:9") as (links, _, _):
            assert resource.prlimit(links.pid, resource.RLIMIT_NOFILE)[0] == min(hard, MANY_FILES)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
