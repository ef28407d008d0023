"""Runs the service alone: ``python -m pizza_service --port 3000``."""

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import AbstractContextManager, nullcontext

import uvicorn

from pizza_service.app import create_app
from pizza_service.command_line import Options, fail, read_options
from pizza_service.errors import DatabaseError
from pizza_service.runtime import WallRuntime
from pizza_service.seed import prepare
from pizza_service.sqlite import SqliteDatabase
from pizza_service.store import Store

_KEEP_ALIVE_SECONDS = 75


class _Server(uvicorn.Server):
    """Announces itself, and leaves signals alone."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
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
    store = _open_store(options, runtime)
    config = uvicorn.Config(
        create_app(options.settings, runtime, store),
        access_log=False,
        lifespan="on",
        log_level="warning",
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        ws="none",
    )
    _Server(config).run([listener])


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


def _open_store(options: Options, runtime: WallRuntime) -> Store:
    try:
        database = SqliteDatabase.open(options.database, sleep=runtime.sleep)
        is_new = asyncio.run(prepare(database, options.settings, runtime, with_course=options.with_course))
        store = Store(database)
        if options.with_course and not is_new and not asyncio.run(store.menu()):
            fail(f"--seed course fills only a new database, and {options.database!r} has its tables already")
        if options.limit is not None:
            database.limit(options.limit)
    except DatabaseError as error:
        fail(f"cannot use the database {options.database!r}: {error}; give another --database FILE")
    return store


if __name__ == "__main__":
    main()
