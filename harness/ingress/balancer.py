"""The load balancer: an application that forwards each request to the next target, and the process it runs in.

    python -m harness.ingress.balancer --listen 127.0.0.1:0

says `{"event":"listening","address":"127.0.0.1:41873"}` on stdout, takes lines such as `{"targets":["127.0.0.1:9001"]}`
on stdin, or `{"certificate":"site.pem"}` when it speaks TLS, and is gone the moment stdin ends, connections and all: a
load balancer that was removed says no goodbye.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from io import FileIO
from typing import NoReturn

import httpx
import msgspec
import uvicorn

from harness.durations import duration
from harness.errors import ScenarioError
from harness.ingress.forwarding import Application, Body, Receive, Scope, Send, forward, say, until_client_leaves
from harness.ingress.records import Address

IDLE_TIMEOUT = timedelta(seconds=60)
"""How long either side may say nothing: AWS's default."""

CONNECT_TIMEOUT = timedelta(seconds=10)
"""How long a target may take to accept a connection: AWS's, which cannot be set."""

CLIENT_KEEP_ALIVE = timedelta(seconds=75)
"""How long a client may keep an idle connection; longer than the pauses of diners."""

TARGET_KEEP_ALIVE = timedelta(seconds=4)
"""When we give up an idle connection to a target: before a Node service does, after 5 s."""


def balancer(targets: Callable[[], Sequence[Address]], client: httpx.AsyncClient) -> Application:
    """Make an ASGI application that forwards each request to the next of the targets.

    Args:
        targets: where to forward, asked for each request; may change at any time.
        client: how to reach them; its timeouts are the balancer's (`client_of_targets` makes one).
    """
    turns = itertools.count()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        current = targets()
        if not current:
            await say(503, send)
            return
        target = current[next(turns) % len(current)]
        body = Body(scope, receive)
        await until_client_leaves(forward(scope, body, target=target, client=client, send=send), body)

    return application


def client_of_targets(*, idle_timeout: timedelta = IDLE_TIMEOUT) -> httpx.AsyncClient:
    """Make the client through which a balancer reaches its targets over real sockets.

    Args:
        idle_timeout: on the wall.
    """
    idle, connect = idle_timeout.total_seconds(), min(idle_timeout, CONNECT_TIMEOUT).total_seconds()
    return httpx.AsyncClient(
        timeout=httpx.Timeout(idle, connect=connect, pool=None),
        limits=httpx.Limits(max_connections=None, keepalive_expiry=TARGET_KEEP_ALIVE.total_seconds()),
        trust_env=False,
    )


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line on stdin: what to do otherwise from now on."""

    targets: list[str] | None = None
    """Where to forward: addresses, `127.0.0.1:9001`."""
    certificate: str | None = None
    """What to show to whoever connects: a file with certificate and key."""


class _Server(uvicorn.Server):
    """Says where it listens, and leaves signals to `main`."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            _tell({"event": "listening", "address": str(Address(*listener.getsockname()))})

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Instructions:
    """What a balancer's process is to do, as its parent says.

    Args:
        show: shows another certificate.
    """

    def __init__(self, show: Callable[[str], object]) -> None:
        self.targets: tuple[Address, ...] = ()
        self._show = show

    def follow(self, lines: Iterable[bytes]) -> NoReturn:
        """Do what each line says; end the process with the last, or with one that cannot be read."""
        code = 0
        try:
            for line in lines:
                self._take(msgspec.json.decode(line, type=_Line))
        except (msgspec.MsgspecError, ScenarioError) as error:
            code = _complain(f'stdin: {error} Write a line such as {{"targets":["127.0.0.1:9001"]}}.')
        # At once: connections under way are cut, as those of a removed load balancer are.
        os._exit(code)

    def _take(self, line: _Line) -> None:
        if line.targets is not None:
            self.targets = tuple(map(Address.parse, line.targets))
        if line.certificate is not None:
            self._show(line.certificate)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a load balancer until stdin ends.

    Returns: the exit code: 2 when it could not listen or was told something it cannot read.

    Cleanup: it ends with its parent, whose end of the pipe closes.
    """
    options = _options(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    try:
        listen = Address.parse(options.listen)
        idle_timeout = _positive(duration(options.idle_timeout))
        tls = _showing(options.certificate) if options.certificate else None
        listener = _bound(listen)
    except ScenarioError as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"cannot listen at {options.listen}: {error.strerror}. Give a free port, or 0 for any.")
    asyncio.run(_serve(listener, idle_timeout=idle_timeout, tls=tls))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m harness.ingress.balancer", description="A load balancer.")
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:0", help="where; port 0 takes a free one")
    parser.add_argument(
        "--idle-timeout",
        metavar="DURATION",
        default=f"{IDLE_TIMEOUT.total_seconds():g}s",
        help="how long a target may say nothing, on the wall (default: %(default)s)",
    )
    parser.add_argument("--certificate", metavar="FILE", default="", help="speak TLS: certificate and key, in PEM")
    return parser.parse_args(arguments)


def _positive(idle_timeout: timedelta) -> timedelta:
    if not idle_timeout:
        message = "an idle timeout of 0 s lets no target answer. Give a longer one, such as '60s'."
        raise ScenarioError(message)
    return idle_timeout


def _bound(listen: Address) -> socket.socket:
    # With the protocol left at 0, asyncio would not set TCP_NODELAY: 40 ms more for each reply.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((listen.host, listen.port))
    except OSError:
        listener.close()
        raise
    return listener


def _showing(certificate: str) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _show(tls, certificate)
    return tls


def _shower(tls: ssl.SSLContext | None, loop: asyncio.AbstractEventLoop) -> Callable[[str], None]:
    """Say how another thread shows a certificate: in the loop, where no handshake is under way at that moment."""

    async def load(context: ssl.SSLContext, certificate: str) -> None:
        _show(context, certificate)

    def show(certificate: str) -> None:
        if tls is None:
            message = "this load balancer speaks plain HTTP, and shows no certificate. Start it with --certificate."
            raise ScenarioError(message)
        asyncio.run_coroutine_threadsafe(load(tls, certificate), loop).result()

    return show


def _show(tls: ssl.SSLContext, certificate: str) -> None:
    """Show another certificate in every handshake from now on."""
    try:
        tls.load_cert_chain(certificate)
    except OSError as error:
        message = f"{certificate} holds no certificate with its key: {error}. Give both, in PEM."
        raise ScenarioError(message) from error


async def _serve(listener: socket.socket, *, idle_timeout: timedelta, tls: ssl.SSLContext | None) -> None:
    instructions = _Instructions(_shower(tls, asyncio.get_running_loop()))
    async with client_of_targets(idle_timeout=idle_timeout) as client:
        config = uvicorn.Config(
            balancer(lambda: instructions.targets, client),
            access_log=False,
            date_header=False,
            lifespan="off",
            log_config=None,
            log_level="critical",  # a target that breaks off is no news to whoever broke it
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=int(CLIENT_KEEP_ALIVE.total_seconds()),
            ws="none",
        )
        config.load()
        config.ssl = tls  # our own, so that it can be changed while connections come in
        # A thread, because stdin may be a pipe, a file or a terminal, and no event loop waits for all three.
        stdin = FileIO(0, closefd=False)
        threading.Thread(target=instructions.follow, args=(stdin,), daemon=True).start()
        await _Server(config).serve([listener])


def _tell(event: dict[str, str]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(event) + b"\n")
    sys.stdout.buffer.flush()


def _complain(message: str) -> int:
    sys.stderr.write(f"balancer: {message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
