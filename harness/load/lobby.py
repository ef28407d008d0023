"""Where load workers on other machines wait until all are there, before a run's time begins.

    python -m harness.load.lobby HOST:PORT N

It prints who is there whenever that changes, one JSON line each (`{"here": [...], "away": {...}}`), and ends with 0
once N are. It ends with its input, whoever is missing. PIZZA_LOAD_SECRET is what they have in common.

Rules of this file: nobody is let in here; each is told to go on knocking, at what will be the load's own master in a
moment; who has not knocked for a while is no longer there.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import gevent
import gevent.event
import gevent.fileobject
from locust.rpc.protocol import Message

from harness.errors import ScenarioError
from harness.ingress.records import Address
from harness.load.far_crew import Lobby
from harness.load.messages import secret_of
from harness.load.sealed import Keys, SealedServer


def wait(server: Any, wanted: int) -> None:  # noqa: ANN401 - Locust has no types
    """Answer whoever knocks until all are there."""
    lobby, message = Lobby(wanted), Message
    while not lobby.is_complete(time.monotonic()):
        with gevent.Timeout(1.0, exception=False):
            name, heard = server.recv_from_client()
            if heard.type == "join":
                answer = lobby.knocked(name, heard.data, now=time.monotonic())
                server.send_to_client(message("refused", answer, name))  # type: ignore[no-untyped-call]


def main(arguments: list[str]) -> int:
    """Wait; see this module's docstring."""
    where, wanted = arguments
    try:
        server: Any = SealedServer(Address.parse(where), keys=Keys.of(secret_of(os.environ)))
    except ScenarioError as error:
        print(error, file=sys.stderr)  # noqa: T201 - how the run hears of it
        return 2
    waiting = gevent.spawn(wait, server, int(wanted))
    gevent.spawn(_await_end_of_input, waiting)
    waiting.join()
    server.close(linger=1000)
    return 0


def _await_end_of_input(waiting: Any) -> None:  # noqa: ANN401 - gevent has no types
    gevent.fileobject.FileObject(sys.stdin.fileno(), "rb", closefd=False).read()
    waiting.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
