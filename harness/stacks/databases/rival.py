"""Another program that wants the same database: how faults take it away from the service without touching either."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Mapping, Sequence

from harness.errors import HarnessError
from harness.stacks.children import Child, Children, Ears, Launch

HAS_IT = '{"event": "has it"}'
"""What a rival writes, on a line of its own, once it has what it wants."""

HAS_IT_WITHIN_SECONDS = 10.0
GONE_WITHIN_SECONDS = 3.0

HOLDS_SQLITE = f"""
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print('{HAS_IT}', flush=True)
sys.stdin.read()
"""
"""A rival that holds a SQLite file until it is killed, or the harness is gone."""

TAKES_CONNECTIONS = f"""
import select, socket, sys, time
host, port, most = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
held, has_it = [], False
while True:
    while len(held) < most:
        held.append(socket.create_connection((host, port), 5))
    if not has_it:
        has_it = True
        print('{HAS_IT}', flush=True)
    time.sleep(0.02)
    for ready in select.select([sys.stdin, *held], [], [], 0)[0]:
        if ready is sys.stdin:
            sys.exit()
        if not ready.recv(4096):
            held.remove(ready)
            ready.close()
"""
"""A rival that needs no password, for it never finishes a handshake; the server closes each after a while."""


class Rival:
    """One such program.

    Cleanup: `stop`; it is a child of the run like every other, and so under its lease.
    """

    def __init__(self) -> None:
        self._child: Child | None = None

    @property
    def is_there(self) -> bool:
        """Whether it still runs."""
        return self._child is not None and self._child.is_alive

    async def start(
        self, argv: Sequence[str], *, children: Children, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start it, and come back once it has what it wants.

        Args:
            argv: what runs.
            children: among whom it lives.
            environment: what it gets besides the harness's own; a password, say.

        Raises:
            HarnessError: when it does not get it.
        """
        has_it = threading.Event()
        launch = Launch("database-rival", argv, environment or {})
        self._child = children.start(launch, ears=Ears(line=lambda _said: has_it.set()))
        if not await asyncio.to_thread(has_it.wait, HAS_IT_WITHIN_SECONDS):
            said = children.last_words("database-rival")
            await self.stop()
            message = f"nothing got hold of the database within {HAS_IT_WITHIN_SECONDS:g} s. {said}"
            raise HarnessError(message)

    async def stop(self) -> None:
        """End it; harmless when it is gone."""
        child, self._child = self._child, None
        if child is not None:
            child.stop(kill=True)
            await asyncio.to_thread(child.wait, GONE_WITHIN_SECONDS)


def python(program: str, *arguments: str) -> list[str]:
    """Say how to run one of the programs above."""
    return [sys.executable, "-I", "-S", "-c", program, *arguments]
