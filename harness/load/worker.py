"""One of several processes with diners: Locust's worker, told by its master how many of them live here.

    python -m harness.load.worker

It reads a Setup and then Commands on standard input, as a load of one process does, and reports to its master through
Locust's own messages: `calls` with requests that have ended, `ended` when the load must end, `left` at the very end.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import gevent
import gevent.fileobject
import msgspec

from harness.errors import ScenarioError
from harness.ingress.records import Address
from harness.load.locust_driver import Load
from harness.load.messages import CallFinished, Setup, read_setup
from harness.load.steady import SteadyTime

TELLS_EVERY_SECONDS = 0.02
"""Wall seconds between two messages of requests: small beside any wait that is measured in incident time."""

LINGERS_MILLISECONDS = 1000
"""How long the last messages may take to leave."""


class Wire:
    """What a worker says to its master.

    Args:
        setup: says which worker this is, and of which load.
    """

    def __init__(self, setup: Setup) -> None:
        self._who = {"worker": setup.worker, "load": setup.load}
        self._lines: list[bytes] = []
        self._calls = 0
        self.runner: Any = None
        """Locust's worker, once there is one."""

    def say(self, message: object) -> None:
        """Keep a request for the next message; tell of an end at once. How many diners there are, the master knows."""
        match message:
            case CallFinished():
                self._lines.append(msgspec.json.encode(message))
            case {"ended": str(reason)}:
                self.send("ended", reason=reason, code=1)

    def send(self, word: str, **data: object) -> None:
        """Send one message, at once."""
        self.runner.send_message(word, {**self._who, **data})

    def tell_now_and_then(self) -> None:
        """Tell for as long as the process lives."""
        while True:
            gevent.sleep(TELLS_EVERY_SECONDS)
            self.tell()

    def tell(self) -> None:
        """Tell what has ended since the last time."""
        lines, self._lines = self._lines, []
        if lines:
            self._calls += len(lines)
            self.send("calls", lines=lines)

    def close(self) -> None:
        """Tell the rest, and how much it was in all, and wait until it has left."""
        self.tell()
        self.send("left", calls=self._calls)
        socket = self.runner.client.socket
        socket.close(linger=LINGERS_MILLISECONDS)
        socket.context.term()


class Share(Load):
    """The diners of this process: as many as the master says."""

    def __init__(self, setup: Setup, *, clock: SteadyTime, wire: Wire) -> None:
        self._master, self._wire = Address.parse(setup.master), wire
        super().__init__(setup, clock=clock, mouth=wire)

    def _new_runner(self, environment: Any) -> Any:  # noqa: ANN401 - Locust has no types
        self._wire.runner = environment.create_worker_runner(self._master.host, self._master.port)
        return self._wire.runner


def main() -> int:
    """Read the setup, carry a share of the load, and give the process's exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lines: Any = gevent.fileobject.FileObject(sys.stdin.fileno(), "rb", closefd=False)
    try:
        first = lines.readline()
        if not first:
            return 0
        setup = read_setup(first)
        wire = Wire(setup)
        load = Share(setup, clock=SteadyTime.of(os.environ), wire=wire)
    except ScenarioError as error:
        print(f"load: {error}", file=sys.stderr)  # noqa: T201 - there is no other way to tell
        return 2
    gevent.spawn(wire.tell_now_and_then)
    code = load.run(lines)
    wire.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
