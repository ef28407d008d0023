"""The load process when diners are shared out among several: Locust's master, and a worker process for each share.

It says to the harness what a load of one process says, and nothing of the workers: who asks for 20 diners hears when 20
are there, and of each request once.

Rules of this file: no diner lives here; a worker that ends by itself ends the load, and is told; each worker says at
its end how many requests it has reported, and what is missing counts as dropped, for a history with a hole in it is
never judged green.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from typing import Any

import gevent
import gevent.event
import gevent.subprocess
import locust.env
import msgspec

from harness.errors import ScenarioError
from harness.load.locust_driver import GRACE_SECONDS, Ending, LocustDiner
from harness.load.messages import Command, Setup, read_command
from harness.load.mouth import Mouth

READY_WITHIN_SECONDS = 15.0
"""Wall seconds for all workers to come."""

LEAVE_WITHIN_SECONDS = GRACE_SECONDS + 3.0
"""Wall seconds from the word to the last worker's end."""

GLANCE_SECONDS = 0.05


class Master:
    """Starts workers, has Locust share the diners out among them, and passes on what they report.

    Args:
        setup: what the harness has sent.
        mouth: says it to the harness.

    Cleanup: workers are in this process's group, and end when their input does.
    """

    def __init__(self, setup: Setup, *, mouth: Mouth) -> None:
        self._setup = setup
        self._mouth = mouth
        self._ending = gevent.event.AsyncResult()
        self._heard = [0] * setup.workers
        """How many requests each worker has reported."""
        self._said: dict[int, int] = {}
        """How many each says that it has, once it has left."""
        environment = locust.env.Environment(user_classes=[LocustDiner], catch_exceptions=False)
        self._runner: Any = environment.create_master_runner("127.0.0.1", 0)
        for word, listener in (("calls", self._calls), ("ended", self._ended), ("left", self._left)):
            self._runner.register_message(word, listener)
        events: Any = environment.events
        events.spawning_complete.add_listener(lambda user_count: mouth.say({"diners": user_count}))
        self._workers: list[Any] = []

    def run(self, lines: Iterator[bytes]) -> int:
        """Follow the commands until the load ends; give the process's exit code."""
        gevent.signal_handler(signal.SIGTERM, self._leave_at_once)
        self._workers = [self._start(number) for number in range(self._setup.workers)]
        gevent.spawn(self._watch)
        gevent.spawn(self._get_ready_and_listen, lines)
        ending: Ending = self._ending.get()
        self._leave()
        if ending.reason:
            self._mouth.say({"ended": ending.reason})
        if missing := self._missing():
            self._mouth.say({"dropped": missing})
        return ending.code

    def end(self, ending: Ending) -> None:
        """Let the load end like this; the first ending counts."""
        if not self._ending.ready():
            self._ending.set(ending)

    def _start(self, number: int) -> Any:  # noqa: ANN401 - gevent has no types
        worker = gevent.subprocess.Popen(
            [sys.executable, "-m", "harness.load.worker"],
            stdin=gevent.subprocess.PIPE,
            stdout=gevent.subprocess.DEVNULL,
        )
        share = max(1, self._setup.max_requests // self._setup.workers)
        setup = msgspec.structs.replace(
            self._setup, worker=number, master_port=self._runner.server.port, max_requests=share
        )
        _tell(worker, setup)
        return worker

    def _get_ready_and_listen(self, lines: Iterator[bytes]) -> None:
        with gevent.Timeout(READY_WITHIN_SECONDS, exception=False):
            while self._runner.worker_count < self._setup.workers:
                gevent.sleep(GLANCE_SECONDS)
        if self._runner.worker_count < self._setup.workers:
            late = f"of {self._setup.workers} load workers {self._runner.worker_count} came"
            return self.end(Ending(f"{late} in {READY_WITHIN_SECONDS:g} s.", code=1))
        self._mouth.say({"ready": True})
        for line in lines:
            try:
                command = read_command(line)
            except ScenarioError as error:
                return self.end(Ending(str(error), code=2))
            if command.stop:
                return self.end(Ending())
            if command.diners is not None:
                self._runner.start(command.diners, spawn_rate=max(1, command.diners, self._runner.user_count))
        return self._leave_at_once()

    def _leave_at_once(self) -> None:
        """End without grace: workers whose input ends report what is in flight as unknown."""
        for worker in self._workers:
            worker.stdin.close()
        self.end(Ending())

    def _watch(self) -> None:
        """End the load when a worker has ended by itself."""
        while not self._ending.ready():
            for number, worker in enumerate(self._workers):
                if worker.poll() is not None:
                    self.end(Ending(f"load worker {number} ended with code {worker.returncode}.", code=1))
            gevent.sleep(GLANCE_SECONDS)

    def _leave(self) -> None:
        """Let every worker report what is in flight, and end; those that hang are killed."""
        for worker in self._workers:
            _tell(worker, Command(stop=True))
        with gevent.Timeout(LEAVE_WITHIN_SECONDS, exception=False):
            while any(worker.poll() is None for worker in self._workers):
                gevent.sleep(GLANCE_SECONDS)
            while len(self._said) < len(self._workers) and not any(worker.returncode for worker in self._workers):
                gevent.sleep(GLANCE_SECONDS)
        for worker in self._workers:
            if worker.poll() is None:
                worker.kill()
        # Locust's own quit would wait for what workers no longer say; this process ends now, and all of it with it.

    def _missing(self) -> int:
        """Count requests that were reported and have not come; at least one for a worker that never said."""
        return sum(max(0, self._said.get(number, heard + 1) - heard) for number, heard in enumerate(self._heard))

    # What workers say

    def _calls(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        lines: list[bytes] = msg.data["lines"]
        self._heard[msg.data["worker"]] += len(lines)
        for line in lines:
            self._mouth.say(msgspec.Raw(line))

    def _ended(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        self.end(Ending(msg.data["reason"], code=msg.data["code"]))

    def _left(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        self._said[msg.data["worker"]] = msg.data["calls"]


def _tell(worker: Any, message: Setup | Command) -> None:  # noqa: ANN401 - gevent has no types
    try:
        worker.stdin.write(msgspec.json.encode(message) + b"\n")
        worker.stdin.flush()
    except (OSError, ValueError):
        return  # it has ended, which whoever watches it says, or its input has
