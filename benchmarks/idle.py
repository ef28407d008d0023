"""What clients cost who are connected through a link and say nothing.

Run it with `python -m benchmarks.idle [CLIENTS]` (10,000). The link is in a process of its own, and raises its limit of
open files as far as it may; each client takes two. Where the system allows fewer clients than asked for, there are as
many as it allows, and what the rest would take is added.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import sys
from collections.abc import Iterator

from benchmarks.data_plane import Peer, controlled
from benchmarks.limits import Limits

CLIENTS = 10_000
MOST_MEGABYTES = 300.0
MOST_BUSY_PERCENT = 5.0
OTHER_FILES = 60
"""How many files a process has open besides: the listening sockets, the loop's own, the libraries'."""


def allowed_clients(wanted: int) -> int:
    """Raise our limit of open files, which the link's process inherits, and give how many clients it is enough for."""
    needed = 2 * wanted + OTHER_FILES
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for most in (needed, hard):  # root may often go beyond the hard limit
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, max(most, hard)))
            break
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(wanted, (allowed - OTHER_FILES) // 2)


def why_not_more(clients: int, wanted: int) -> str:
    """Say which limit stopped it, if one did."""
    if clients == wanted:
        return "as many as were asked for"
    allowed, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        f"not {wanted:,}, for a process may have {allowed:,} files open here (RLIMIT_NOFILE; {hard:,} is the most that "
        f"`ulimit -n` can be set to), each client takes two, and {OTHER_FILES} are kept for all else"
    )


@contextlib.contextmanager
def connected(peer: Peer, upstream: socket.socket, clients: int) -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    """Connect so many clients through a link, and accept each at its other end."""
    with contextlib.ExitStack() as stack:
        ends = []
        for _ in range(clients):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", peer.port), timeout=10))
            ends.append((client, stack.enter_context(upstream.accept()[0])))
        yield ends


def answers(client: socket.socket, server: socket.socket) -> bool:
    """Say whether data still goes both ways."""
    client.sendall(b"still there?")
    asked = server.recv(100)
    server.sendall(b"yes")
    return (asked, client.recv(100)) == (b"still there?", b"yes")


def main() -> int:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else CLIENTS
    clients = allowed_clients(wanted)
    limits = Limits()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as upstream:
        ours = [sys.executable, "-m", "harness.links"]
        with controlled(ours, upstream.getsockname()[1]) as peer:
            empty = peer.running.memory_info().rss
            with connected(peer, upstream, clients) as ends:
                full = peer.running.memory_info().rss
                busy = peer.running.cpu_percent(interval=1.0)
                alive = sum(answers(*pair) for pair in (ends[0], ends[clients // 2], ends[-1]))
    each = (full - empty) / clients
    print(f"{clients:,} clients: {why_not_more(clients, wanted)}")
    print(f"{empty / 1e6:.1f} MB before, {full / 1e6:.1f} MB with them, {each / 1e3:.1f} kB for each connection")
    limits.at_most(f"{CLIENTS:,} idle clients, MB", (empty + each * CLIENTS) / 1e6, MOST_MEGABYTES)
    limits.at_most("processor time while they say nothing, %", busy, MOST_BUSY_PERCENT)
    limits.at_least("of three of them, those through whom data goes", alive, 3)
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
