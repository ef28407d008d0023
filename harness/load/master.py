"""The load process when diners are shared out among several: Locust's master, and a worker for each share.

It says to the harness what a load of one process says, and nothing of the workers: who asks for 20 diners hears when 20
are there, and of each request once. Workers are processes of this machine, or on others (harness/load/far_crew.py).

Rules of this file: no diner lives here; a worker that ends by itself ends the load, and is told; each worker says at
its end how many requests it has reported, and what is missing counts as dropped, for a history with a hole in it is
never judged green.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import gevent
import gevent.event
import locust.env
import msgspec

from harness.errors import ScenarioError
from harness.ingress.records import Address
from harness.load.crew import GLANCE_SECONDS, Crew, LocalCrew
from harness.load.far_crew import FarCrew
from harness.load.locust_driver import GRACE_SECONDS, Ending, LocustDiner
from harness.load.messages import Command, Setup, read_command, secret_of
from harness.load.mouth import Mouth
from harness.load.sealed import SealedServer, seal

LEAVE_WITHIN_SECONDS = GRACE_SECONDS + 3.0
"""Wall seconds from the word to the last worker's end."""


class Master:
    """Has Locust share the diners out among workers, and passes on what those report.

    Args:
        setup: what the harness has sent.
        mouth: says it to the harness.

    Raises:
        ScenarioError: when it cannot listen where workers on other machines are to join.
    """

    def __init__(self, setup: Setup, *, mouth: Mouth) -> None:
        self._mouth = mouth
        self._ending = gevent.event.AsyncResult()
        self._ready = gevent.event.Event()
        self._heard = [0] * setup.workers
        """How many requests each worker has reported."""
        self._said: dict[int, int] = {}
        """How many each says that it has, once it has left."""
        where = Address.parse(setup.master) if setup.master else Address("127.0.0.1", 0)
        if setup.master:
            seal(secret_of(os.environ))
        environment = locust.env.Environment(user_classes=[LocustDiner], catch_exceptions=False)
        self._runner: Any = environment.create_master_runner(where.host, where.port)
        if setup.master and not isinstance(self._runner.server, SealedServer):
            message = (
                "this Locust makes its sockets in another way than ours: nothing would be sealed. Use an older one."
            )
            raise ScenarioError(message)
        for word, listener in (("calls", self._calls), ("ended", self._ended), ("left", self._left)):
            self._runner.register_message(word, listener)
        events: Any = environment.events
        events.spawning_complete.add_listener(lambda user_count: mouth.say({"diners": user_count}))
        far = bool(setup.master)
        self._crew: Crew = FarCrew(setup, self._runner, mouth=mouth) if far else LocalCrew(setup, self._runner)

    def run(self, lines: Iterator[bytes]) -> int:
        """Follow the commands until the load ends; give the process's exit code."""
        gevent.signal_handler(signal.SIGTERM, self._leave_at_once)
        self._crew.start()
        gevent.spawn(self._watch)
        gevent.spawn(self._listen, lines)
        gevent.spawn(self._get_ready)
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

    def _get_ready(self) -> None:
        with gevent.Timeout(self._crew.ready_within_seconds, exception=False):
            while not self._crew.is_complete:
                gevent.sleep(GLANCE_SECONDS)
        if self._crew.is_complete:
            self._mouth.say({"ready": True})
            self._ready.set()
        else:
            self.end(Ending(self._crew.missing(), code=1))

    def _listen(self, lines: Iterator[bytes]) -> None:
        for line in lines:
            try:
                command = read_command(line)
            except ScenarioError as error:
                return self.end(Ending(str(error), code=2))
            if command.stop:
                return self.end(Ending())
            if command.diners is not None:
                self._ready.wait()
                self._runner.start(command.diners, spawn_rate=max(1, command.diners, self._runner.user_count))
        return self._leave_at_once()

    def _leave_at_once(self) -> None:
        """End without grace: workers report what is in flight as unknown."""
        self._crew.leave_at_once()
        self.end(Ending())

    def _watch(self) -> None:
        """End the load when a worker cannot go on."""
        while not self._ending.ready():
            if complaint := self._crew.complaint(self._said):
                self.end(Ending(complaint, code=1))
            gevent.sleep(GLANCE_SECONDS)

    def _leave(self) -> None:
        """Let every worker report what is in flight, and end; those that hang are ended."""
        self._crew.tell(Command(stop=True))
        with gevent.Timeout(LEAVE_WITHIN_SECONDS, exception=False):
            self._crew.wait_until_gone(self._said)
        self._crew.end()
        # Locust's own quit would wait for what workers no longer say; this process ends now, and all of it with it.

    def _missing(self) -> int:
        """Count requests that were reported and have not come; at least one for a worker that never said."""
        return sum(max(0, self._said.get(number, heard + 1) - heard) for number, heard in enumerate(self._heard))

    # What workers say

    def _calls(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        if msg.data["load"] != self._crew.load:
            return
        lines: list[bytes] = msg.data["lines"]
        self._heard[msg.data["worker"]] += len(lines)
        for line in lines:
            self._mouth.say(msgspec.Raw(line))

    def _ended(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        if msg.data["load"] == self._crew.load:
            self.end(Ending(msg.data["reason"], code=msg.data["code"]))

    def _left(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        if msg.data["load"] == self._crew.load:
            self._said[msg.data["worker"]] = msg.data["calls"]
