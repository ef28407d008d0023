"""How fast data goes through a link without toxics, next to Toxiproxy, HAProxy and no proxy, and how exact toxics are.

Run it with `python -m benchmarks.data_plane [ROUNDS]`; `haproxy` and `toxiproxy-server` are found on PATH, the latter
also at $TOXIPROXY. Server, client and each proxy are processes of their own on loopback. All are measured in turn, in
each of many short rounds, and compared round by round: a ratio is a median, with the least and the most beside it, and
the exit code is 1 when one misses its limit. On a machine that has other work, as its load tells, the ratio of their
best rounds says more. Client and server share the cores with the proxy, so how busy a proxy was is printed too: one far
from 100 % did not set the rate, and then the processor time that it took for each request (each MB) says more.

How late a latency toxic is: what replies take with it, less its 50 ms, less the median of what they take without a
proxy from clients who pause for 50 ms: at the same pace, on cores that sleep as much in between.

Over 400 lines, so that the server, the clients and the proxies that other benchmarks borrow have one home.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import uvloop

from benchmarks.limits import Limits

REQUEST, REPLY = b"r" * 100, b"R" * 200
BULK_BYTES = 256 * 1024 * 1024
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
SECONDS = 0.25
ROUNDS = 31
EXACT_ROUNDS = 9
LATENCY_MILLISECONDS = 50


class Answering(asyncio.Protocol):
    """The server: answers each request; a request that begins with `B` gets the bulk."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Answer."""
        if data.startswith(b"B"):
            descriptor = os.dup(self.transport.get_extra_info("socket").fileno())
            threading.Thread(target=send_bulk, args=(descriptor,), daemon=True).start()
        else:
            self.transport.write(REPLY)


def send_bulk(descriptor: int) -> None:
    """Let the kernel send a file, so that the server is not what is measured."""
    with tempfile.TemporaryFile(dir=IN_MEMORY) as file, contextlib.suppress(ConnectionError):
        file.truncate(BULK_BYTES)
        sent = 0
        while sent < BULK_BYTES:
            select.select([], [descriptor], [])
            with contextlib.suppress(BlockingIOError):
                sent += os.sendfile(descriptor, file.fileno(), sent, BULK_BYTES - sent)
    os.close(descriptor)


def take_bulk(port: int, wanted: int) -> None:
    """Let the kernel throw away what comes, where it can, so that the client is not what is measured."""
    throw_away = getattr(socket, "MSG_TRUNC", 0) if sys.platform == "linux" else 0
    into = bytearray(2**20)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"B")
        while wanted > 0:
            wanted -= client.recv_into(into, len(into), throw_away)


class Asking(asyncio.Protocol):
    """A client: sends a request, waits for so many bytes, pauses, and again until it is told to stop."""

    def __init__(self, *, replies: int = 1 << 60, pause_seconds: float = 0.0) -> None:
        self.replies, self.done, self.got = replies, 0, 0
        self.times: list[float] = []
        self.loop, self.pause_seconds = asyncio.get_running_loop(), pause_seconds
        self.closed = self.loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.ask()

    def ask(self) -> None:
        """Send a request."""
        if not self.transport.is_closing():
            self.asked = time.perf_counter()
            self.transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        """Note a reply that is complete, and ask again."""
        self.got += len(data)
        if self.got >= len(REPLY):
            self.got = 0
            self.done += 1
            self.times.append(time.perf_counter() - self.asked)
            if self.done >= self.replies:
                self.transport.close()
            elif self.pause_seconds:
                self.loop.call_later(self.pause_seconds, self.ask)
            else:
                self.ask()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Be done."""
        if not self.closed.done():
            self.closed.set_result(None)


async def keep_alive(
    port: int, *, connections: int, seconds: float = SECONDS, apart_seconds: float = 0.0, pause_seconds: float = 0.0
) -> tuple[float, list[float]]:
    """Give requests a second, and how long each took; connections may begin apart, so that they do not go in step."""
    loop, asking = asyncio.get_running_loop(), []
    for _ in range(connections):
        made = loop.create_connection(lambda: Asking(pause_seconds=pause_seconds), "127.0.0.1", port)
        asking.append((await made)[1])
        await asyncio.sleep(apart_seconds)  # noqa: TID251 - a benchmark lives on the wall clock
    before, began = sum(client.done for client in asking), time.perf_counter()
    await asyncio.sleep(seconds)  # noqa: TID251 - as above
    rate = (sum(client.done for client in asking) - before) / (time.perf_counter() - began)
    for client in asking:
        client.transport.abort()
    return rate, [taken for client in asking for taken in client.times]


async def new_connections(port: int, *, clients: int) -> float:
    """Give requests a second when each has a connection of its own."""
    loop, ends, done = asyncio.get_running_loop(), time.perf_counter() + SECONDS, 0

    async def one() -> None:
        nonlocal done
        while time.perf_counter() < ends:
            _, client = await loop.create_connection(lambda: Asking(replies=1), "127.0.0.1", port)
            await client.closed
            done += client.done

    await asyncio.gather(*(one() for _ in range(clients)))
    return done / SECONDS


async def bulk(port: int, *, wanted: int = BULK_BYTES) -> float:
    """Give bytes a second."""
    began = time.perf_counter()
    await asyncio.to_thread(take_bulk, port, wanted)
    return wanted / (time.perf_counter() - began)


async def _requests(port: int, connections: int) -> float:
    return (await keep_alive(port, connections=connections))[0]


async def megabytes(port: int) -> float:
    return await bulk(port) / 1e6


WORKLOADS: dict[str, Callable[[int], Coroutine[Any, Any, float]]] = {
    "1 connection, requests/s": lambda port: _requests(port, 1),
    "32 connections, requests/s": lambda port: _requests(port, 32),
    "128 connections, requests/s": lambda port: _requests(port, 128),
    "new connection each, requests/s": lambda port: new_connections(port, clients=32),
    "256 MiB body, MB/s": megabytes,
}

LEAST = {
    "1 connection, requests/s": {"toxiproxy": 1.3, "haproxy": 0.9},
    "32 connections, requests/s": {"toxiproxy": 1.2, "haproxy": 0.9},
    "128 connections, requests/s": {"toxiproxy": 1.2, "haproxy": 0.9},
    "new connection each, requests/s": {"toxiproxy": 1.8, "haproxy": 0.9},
    "256 MiB body, MB/s": {"toxiproxy": 2.2, "haproxy": 0.9},
}
"""How many times as fast as a peer a link is at least."""

MOST_LATE_MILLISECONDS = {"p50": 0.5, "p99": 2.0}
MOST_OFF_PERCENT = 2.0


# The proxies


def call(port: int, path: str, body: object) -> dict[str, object]:
    """Ask a control API."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=30) as reply:
        answer: dict[str, object] = json.load(reply)
    return answer


@contextlib.contextmanager
def process(*command: str) -> Iterator[psutil.Process]:
    """Run a program for as long as it is needed."""
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield psutil.Process(running.pid)
    finally:
        running.terminate()
        running.wait(timeout=10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def until_it_accepts(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)  # noqa: TID251
    sys.exit(f"nothing listens on port {port}")


@dataclass(frozen=True)
class Peer:
    """What a client connects to."""

    port: int
    """Where."""
    running: psutil.Process
    """Its process."""
    control: int = 0
    """The port of its control API, if it has one."""

    def busy_seconds(self) -> float:
        """Give how much processor time it has taken."""
        times = self.running.cpu_times()
        return float(times.user + times.system)


@contextlib.contextmanager
def serving() -> Iterator[Peer]:
    """Run the server."""
    port = free_port()
    with process(sys.executable, "-m", "benchmarks.data_plane", "serve", str(port)) as running:
        until_it_accepts(port)
        yield Peer(port, running)


@contextlib.contextmanager
def controlled(command: Sequence[str], upstream: int) -> Iterator[Peer]:
    """Run something that speaks Toxiproxy's API, with one proxy in it."""
    control = free_port()
    with process(*command, "-port", str(control)) as running:
        until_it_accepts(control)
        made = call(control, "/proxies", {"name": "b", "listen": "127.0.0.1:0", "upstream": f"127.0.0.1:{upstream}"})
        yield Peer(int(str(made["listen"]).rpartition(":")[2]), running, control)


@contextlib.contextmanager
def haproxy(command: str, upstream: int) -> Iterator[Peer]:
    """Run HAProxy in TCP mode with one thread."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "haproxy.cfg")
        config.write_text(
            "global\n nbthread 1\n maxconn 4000\ndefaults\n mode tcp\n timeout connect 5s\n timeout client 60s\n"
            f" timeout server 60s\nlisten b\n bind 127.0.0.1:{port}\n server s 127.0.0.1:{upstream}\n"
        )
        with process(command, "-db", "-f", str(config)) as running:
            until_it_accepts(port)
            yield Peer(port, running)


@contextlib.contextmanager
def found_peers() -> Iterator[dict[str, Peer]]:
    """Run the server, our links and every other proxy that is on this machine."""
    with contextlib.ExitStack() as stack:
        direct = stack.enter_context(serving())
        ours = [sys.executable, "-m", "harness.links"]
        peers = {"direct": direct, "link": stack.enter_context(controlled(ours, direct.port))}
        if toxiproxy := shutil.which(os.environ.get("TOXIPROXY", "toxiproxy-server")):
            peers["toxiproxy"] = stack.enter_context(controlled([toxiproxy], direct.port))
        if found := shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin"):
            peers["haproxy"] = stack.enter_context(haproxy(found, direct.port))
        yield peers


# What is found


@dataclass(frozen=True)
class Seen:
    """What one measurement of one peer gave."""

    rate: float
    """Requests, or MB, a second."""
    busy: float
    """Which part of that time its process was busy."""

    @property
    def cost(self) -> float:
        """How many microseconds of processor time each took."""
        return 1e6 * self.busy / self.rate


def main() -> int:
    rounds, limits = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS, Limits()
    with found_peers() as peers:
        for name in {"toxiproxy", "haproxy"} - set(peers):
            print(f"{name}: not found on this machine, so not compared")
        uvloop.run(_speed(peers, rounds, limits))
        uvloop.run(_exactness(peers, limits))
    return limits.exit_code


async def _speed(peers: dict[str, Peer], rounds: int, limits: Limits) -> None:
    for workload, measure in WORKLOADS.items():
        seen: dict[str, list[Seen]] = {name: [] for name in peers}
        for _ in range(rounds):
            for name, peer in peers.items():
                seen[name].append(await _one(peer, measure))
        print(f"{workload}   (load of the machine {os.getloadavg()[0]:.1f})")
        for name, measured in seen.items():
            rate, cost, busy = (
                statistics.median(getattr(one, what) for one in measured) for what in ("rate", "cost", "busy")
            )
            print(
                f"  {name:10}{rate:>10,.0f}   {cost:>7.1f} us each   busy {busy:>4.0%}{_ratios(seen, name)}", flush=True
            )
        _judge(workload, seen, limits)


def _judge(workload: str, seen: dict[str, list[Seen]], limits: Limits) -> None:
    rates = {name: statistics.median(one.rate for one in measured) for name, measured in seen.items()}
    ours = rates.pop("link")
    for name, theirs in rates.items():
        limits.beside(workload, ours, "no proxy" if name == "direct" else name, theirs)
    for name, least in LEAST[workload].items():
        if name in seen:
            ratio = statistics.median(link.rate / peer.rate for link, peer in _pairs(seen, name))
            limits.at_least(f"{workload}: times that of {name}", ratio, least)


async def _one(peer: Peer, measure: Callable[[int], Awaitable[float]]) -> Seen:
    busy_before, began = peer.busy_seconds(), time.perf_counter()
    rate = await measure(peer.port)
    return Seen(rate, (peer.busy_seconds() - busy_before) / (time.perf_counter() - began))


def _ratios(seen: dict[str, list[Seen]], name: str) -> str:
    """Compare our links with a peer, round by round."""
    if name == "link":
        return ""
    pairs = _pairs(seen, name)
    rates = [ours.rate / theirs.rate for ours, theirs in pairs]
    best = max(ours.rate for ours, _ in pairs) / max(theirs.rate for _, theirs in pairs)
    said = f"   link/{name} {statistics.median(rates):.2f} ({min(rates):.2f} to {max(rates):.2f}), at best {best:.2f}"
    if name != "direct":
        said += f", per processor time {statistics.median(theirs.cost / ours.cost for ours, theirs in pairs):.2f}"
    return said


def _pairs(seen: dict[str, list[Seen]], name: str) -> list[tuple[Seen, Seen]]:
    return list(zip(seen["link"], seen[name], strict=True))


async def _exactness(peers: dict[str, Peer], limits: Limits) -> None:
    late: dict[str, list[dict[str, float]]] = {name: [] for name, peer in peers.items() if peer.control}
    for _ in range(EXACT_ROUNDS):
        usual = (await _percentiles(peers["direct"].port, pause_seconds=LATENCY_MILLISECONDS / 1000))["p50"]
        for name, found in late.items():
            with _toxic(peers[name].control, "latency", {"latency": LATENCY_MILLISECONDS}):
                taken = await _percentiles(peers[name].port)
            found.append({what: value - LATENCY_MILLISECONDS - usual for what, value in taken.items()})
    for name, found in late.items():
        usually = {what: statistics.median(one[what] for one in found) for what in found[0]}
        said = ", ".join(f"{what} {value:+.2f}" for what, value in usually.items())
        with _toxic(peers[name].control, "bandwidth", {"rate": 1000}):
            rate = await bulk(peers[name].port, wanted=4_000_000)
        print(f"{name}: {LATENCY_MILLISECONDS} ms latency, 32 connections: off by {said} ms")
        print(f"{name}: 1,000 KB/s over 4 s: {rate / 1e6 - 1:+.2%}")
        if name == "link":
            for what, most in MOST_LATE_MILLISECONDS.items():
                limits.at_most(f"50 ms latency, 32 connections: {what}, ms late", usually[what], most)
            limits.at_most("1,000 KB/s over 4 s: % off", abs(rate / 1e4 - 100), MOST_OFF_PERCENT)


async def _percentiles(port: int, *, pause_seconds: float = 0.0) -> dict[str, float]:
    """Give in milliseconds how long replies take."""
    apart_seconds = LATENCY_MILLISECONDS / 1000 / 32  # so that their replies do not come all at once
    _, times = await keep_alive(
        port, connections=32, seconds=1, apart_seconds=apart_seconds, pause_seconds=pause_seconds
    )
    times.sort()
    return {f"p{part}": 1000 * times[len(times) * part // 100] for part in (1, 50, 99)}


@contextlib.contextmanager
def _toxic(api: int, kind: str, attributes: dict[str, int]) -> Iterator[None]:
    call(api, "/proxies/b/toxics", {"name": "t", "type": kind, "attributes": attributes})
    yield
    gone = urllib.request.Request(f"http://127.0.0.1:{api}/proxies/b/toxics/t", method="DELETE")
    with urllib.request.urlopen(gone, timeout=30):
        pass


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        uvloop.run(_serve(int(sys.argv[2])))
    else:
        sys.exit(main())
