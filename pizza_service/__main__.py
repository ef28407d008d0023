"""Runs the service alone: ``python -m pizza_service --port 3000``."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext

import uvicorn

from pizza_service.app import create_app
from pizza_service.command_line import Options, fail, read_options
from pizza_service.database import Database
from pizza_service.errors import DatabaseError
from pizza_service.runtime import WallRuntime
from pizza_service.seed import prepare
from pizza_service.server import CONNECT_LIMIT_SECONDS, Server
from pizza_service.sqlite import SqliteDatabase
from pizza_service.store import Store
from pizza_service.telemetry import log

_KEEP_ALIVE_SECONDS = 75
_SHORTEST_CONNECT_SECONDS = 1.0
"""Of the machine's own time, however fast incident time runs: a busy machine would fail for no reason."""


class _Server(uvicorn.Server):
    """Announces itself, and leaves signals alone.

    Args:
        config: What it serves, and how.
        prepare: What is done beside serving, from the start on.
    """

    def __init__(self, config: uvicorn.Config, *, prepare: Callable[[], Coroutine[None, None, None]]) -> None:
        super().__init__(config)
        self._prepare = prepare

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.preparing = asyncio.create_task(self._prepare())
        await super().startup(sockets)
        for listener in sockets or ():
            host, port = listener.getsockname()[:2]
            sys.stdout.write(json.dumps({"event": "listening", "host": host, "port": port}) + "\n")
            sys.stdout.flush()

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


def main() -> None:
    """Listen until killed."""
    options = read_options(sys.argv[1:])
    _die_at_once()
    try:
        runtime = WallRuntime.from_environment(os.environ)
    except ValueError as error:
        fail(str(error))
    listener = _listen(options)
    store = Store(_open(options, runtime))
    config = uvicorn.Config(
        create_app(options.settings, runtime, store),
        access_log=False,
        lifespan="on",
        log_level="warning",
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        ws="none",
    )
    _Server(config, prepare=lambda: _prepare(store, options, runtime)).run([listener])


def _die_at_once() -> None:
    # The real service drops its orders in flight when told to stop. The kernel does it best, save for process 1
    # of a container, for which signals without a handler are ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        if os.getpid() == 1:
            signal.signal(number, lambda received, _: os._exit(128 + received))
        else:
            signal.signal(number, signal.SIG_DFL)


def _listen(options: Options) -> socket.socket:
    where = f"{options.host}:{options.port}"
    try:
        family = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((options.host, options.port), family=family, backlog=2048)
        # asyncio sets this only on sockets it makes itself; without it replies may be held back for 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]  # Python adds the address once more
        fail(f"cannot listen on {where}: {reason}; choose another --port, or 0 for a free one")


def _open(options: Options, runtime: WallRuntime) -> Database:
    if isinstance(options.database, Server):
        from pizza_service.mysql import MysqlDatabase  # noqa: PLC0415 - a task with a file starts without the driver

        seconds = max(_SHORTEST_CONNECT_SECONDS, CONNECT_LIMIT_SECONDS / runtime.speed)
        return MysqlDatabase(options.database, connect_within_seconds=seconds)
    try:
        database = SqliteDatabase.open(options.database, sleep=runtime.sleep)
        complaint = asyncio.run(_fill(Store(database), options, runtime))
        if options.limit is not None:
            database.limit(options.limit)
    except DatabaseError as error:
        fail(f"cannot use the database {options.database!r}: {error}; give another --database FILE")
    if complaint:
        fail(complaint)
    return database


async def _prepare(store: Store, options: Options, runtime: WallRuntime) -> None:
    # A server may come up later than the service, which serves meanwhile what needs no database.
    if isinstance(options.database, Server):
        try:
            complaint = await _fill(store, options, runtime)
        except DatabaseError as error:
            complaint = f"cannot prepare the database at {store.database.host}: {error}"
        if complaint:
            log.error(complaint)


async def _fill(store: Store, options: Options, runtime: WallRuntime) -> str:
    is_new = await prepare(store.database, options.settings, runtime, with_course=options.with_course)
    if options.with_course and not is_new and not await store.menu():
        return f"--seed course fills only a new database, and {options.database!r} has its tables already"
    return ""


if __name__ == "__main__":
    main()
