"""What clients cost who are connected through a link and say nothing.

Run it with `python -m benchmarks.idle [CLIENTS]` (10,000). Links are in processes of their own, as `pizza-chaos proxy`
is. Each client takes two open files there; where the system allows a process too few, the clients are spread over as
many processes as it takes, and their memory is added up.
"""

from __future__ import annotations

import contextlib
import json
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from benchmarks.data_plane import Peer, controlled
from benchmarks.limits import Limits

CLIENTS = 10_000
MOST_MEGABYTES = 300.0
MOST_BUSY_PERCENT = 5.0
OTHER_FILES = 60
"""How many files a process has open besides: the listening sockets, the loop's own, the libraries'."""


def shares(wanted: int, *, files: int) -> list[int]:
    """Spread clients over as few processes as do, each of which may have so many files open."""
    most = (files - OTHER_FILES) // 2
    if most < 1:
        sys.exit(f"a process may have {files:,} files open here (`ulimit -n`): too few for a single client")
    processes = -(-wanted // most)
    return [wanted // processes + (number < wanted % processes) for number in range(processes)]


def allowed_files(wanted: int) -> int:
    """Raise our limit of open files, which other processes inherit, as far as so many clients need, and give it."""
    needed = 2 * wanted + OTHER_FILES
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for most in (needed, hard):  # root may often go beyond the hard limit
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, max(most, hard)))
            break
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


# A share of the clients, whose files are in processes of their own too


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


def hold(clients: int) -> None:
    """Connect clients through a link, say so, and once told to look, say through how many of three data still goes."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as upstream:
        ours = [sys.executable, "-m", "harness.links"]
        with controlled(ours, upstream.getsockname()[1]) as peer:
            empty = peer.running.memory_info().rss
            with connected(peer, upstream, clients) as ends:
                print(json.dumps([peer.running.pid, empty]), flush=True)
                sys.stdin.readline()
                three = (ends[0], ends[clients // 2], ends[-1])
                print(sum(answers(*pair) for pair in three), flush=True)
                sys.stdin.readline()


# All of them


@dataclass(frozen=True)
class Share:
    """Some of the clients, connected."""

    clients: int
    """How many."""
    holder: subprocess.Popen[str]
    """Who holds their ends."""
    link: psutil.Process
    """What they are connected through."""
    empty_bytes: int
    """Its memory before they came."""

    def still_answering(self) -> int:
        """Give through how many of three clients data still goes."""
        assert self.holder.stdin is not None
        assert self.holder.stdout is not None
        self.holder.stdin.write("look\n")
        self.holder.stdin.flush()
        return int(self.holder.stdout.readline())


@contextlib.contextmanager
def held(clients: int) -> Iterator[Share]:
    """Hold so many clients in a process of their own, connected through a link in another."""
    command = [sys.executable, "-m", "benchmarks.idle", "hold", str(clients)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        said = holder.stdout.readline()
        if not said:
            sys.exit(f"{clients:,} clients could not be connected; what went wrong is said above")
        pid, empty_bytes = json.loads(said)
        yield Share(clients, holder, psutil.Process(pid), empty_bytes)  # its end of standard input tells the holder


def main() -> int:
    wanted, limits = int(sys.argv[1]) if len(sys.argv) > 1 else CLIENTS, Limits()
    files = allowed_files(wanted)
    with contextlib.ExitStack() as stack:
        all_shares = [stack.enter_context(held(clients)) for clients in shares(wanted, files=files)]
        full = [share.link.memory_info().rss for share in all_shares]
        busy = sum(share.link.cpu_percent(interval=1.0) for share in all_shares)
        alive = [share.still_answering() for share in all_shares]
    processes = f"{len(full)} process{'es' if len(full) > 1 else ''}"
    print(
        f"{wanted:,} clients through {processes}: a process may have {files:,} files open here, "
        f"each client takes two there, and {OTHER_FILES} are kept for all else"
    )
    for share, full_bytes in zip(all_shares, full, strict=True):
        each = (full_bytes - share.empty_bytes) / share.clients
        empty, full_now = (f"{size / 1e6:.1f} MB" for size in (share.empty_bytes, full_bytes))
        print(
            f"  {share.clients:,} clients: {empty} before, {full_now} with them, {each / 1e3:.1f} kB for each of them"
        )
    limits.at_most(f"{wanted:,} idle clients through {processes}, MB in all", sum(full) / 1e6, MOST_MEGABYTES)
    limits.at_most("processor time while they say nothing, %", busy, MOST_BUSY_PERCENT)
    limits.at_least("of three clients of each process, the least through whom data goes", min(alive), 3)
    return limits.exit_code


if __name__ == "__main__":
    if sys.argv[1:2] == ["hold"]:
        hold(int(sys.argv[2]))
    else:
        sys.exit(main())
