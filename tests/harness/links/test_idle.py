"""Ten thousand clients who say nothing, through links in a process of their own.

Each takes two open files there; where the system allows fewer, as many as it allows.
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

import psutil
import pytest

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
def links_to(upstream: str) -> Iterator[tuple[psutil.Process, tuple[str, int]]]:
    """Start links in a process, and give it and where its only link listens."""
    command = [sys.executable, "-m", "harness.links", "-port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        try:
            control = running.stderr.readline().split("http://")[1].split(",")[0]
            body = json.dumps({"name": "idle", "upstream": upstream}).encode()
            with urllib.request.urlopen(f"http://{control}/proxies", data=body) as reply:
                host, _, port = json.load(reply)["listen"].rpartition(":")
            yield psutil.Process(running.pid), (host, int(port))
        finally:
            running.terminate()


@pytest.mark.slow
def test_links_hold_ten_thousand_idle_connections_in_little_memory() -> None:
    with contextlib.ExitStack() as stack:
        clients = stack.enter_context(many_files())
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
        links, address = stack.enter_context(links_to(f"127.0.0.1:{listener.getsockname()[1]}"))
        ends: list[tuple[socket.socket, socket.socket]] = []
        for _ in range(clients):
            client = stack.enter_context(socket.create_connection(address))
            ends.append((client, stack.enter_context(listener.accept()[0])))
        assert links.memory_info().rss < MOST_BYTES * clients / CLIENTS
        for client, server in (ends[0], ends[-1]):
            client.send(b"still there?")
            assert server.recv(100) == b"still there?"
