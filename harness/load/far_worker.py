"""A share of a load whose run is on another machine: knocks at its master until it is let in, and carries it once.

    python -m harness.load.far_worker HOST:PORT [ALLOWED HOST...]

`pizza-chaos load-worker` starts it, again for each run. PIZZA_LOAD_SECRET is what it has in common with the run. It
ends with its input, as every load does, and when it does not hear its master any more. Exit code 0 when a load came to
its end, 1 when it broke off, 2 when there is no use in trying again.

Rules of this file: nothing is loaded but what the master names *and* somebody here allows, looked at again for each
connection, for the name server that says where the site is belongs to the run; every time that is told is the run's.
"""

from __future__ import annotations

import itertools
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gevent
import gevent.event
import gevent.fileobject
import gevent.queue

from harness.errors import HarnessError, SafetyError, ScenarioError
from harness.ingress.records import Address
from harness.load.allowed import Allowed
from harness.load.browser import Place
from harness.load.comparison import Comparison, Exchange, TheirTime
from harness.load.diners import Where
from harness.load.door import Door, Task, say
from harness.load.locust_driver import Ending
from harness.load.messages import Setup, secret_of
from harness.load.sealed import seal
from harness.load.steady import SteadyTime, UnleapingClock
from harness.load.worker import Share, Wire

COMPARES_EVERY_SECONDS = 1.0
ROUND = 4
"""Questions for each comparison of clocks, of which the quickest counts."""

TELLS_EVERY = 10
"""Comparisons between two that are told to the run."""

CONNECTS_WITHIN_SECONDS = 30.0
"""Wall seconds; Locust tries again every five."""

DEAF_SECONDS = 10.0
"""Wall seconds without an answer from the master after which it is gone."""


class FarShare(Share):
    """The diners of this machine.

    Args:
        task: what the master has given.
        wire: tells it.
        time: the run's time, as it is read here.
        allowed: where diners may go.
    """

    def __init__(self, task: Task, *, wire: Wire, time: TheirTime, allowed: Allowed) -> None:
        self._allowed = allowed
        self._time = time
        self._name = f"load worker {task.setup.worker} on {socket.gethostname()}"
        self._orders: Any = gevent.queue.Queue()
        self._round: list[Exchange] = []
        self._heard = time.own()
        epoch, started, speed = task.clock
        super().__init__(task.setup, clock=SteadyTime(epoch, started, speed, monotonic=time.now), wire=wire)

    def orders(self, leaving: Any) -> Iterator[bytes]:  # noqa: ANN401 - gevent has no types
        """Give what the master orders, until it lets this worker go, or somebody here wants it to leave."""
        leaving.rawlink(lambda _: self._orders.put(None))
        gevent.spawn(self._keep_time)
        return iter(self._orders.get, None)

    def _find_places(self, setup: Setup) -> dict[Where, Place]:
        found = super()._find_places(setup)
        return {where: replace(place, find=self._checked(place.find)) for where, place in found.items()}

    def _checked(self, find: Callable[[], Address]) -> Callable[[], Address]:
        def found() -> Address:
            address = find()
            self._allowed.check(str(address))
            return address

        return found

    def _new_runner(self, environment: Any) -> Any:  # noqa: ANN401 - Locust has no types
        runner = super()._new_runner(environment)
        for word, listener in (("command", self._obey), ("leave", self._let_go), ("clock", self._take_time)):
            runner.register_message(word, listener)
        return runner

    def _keep_time(self) -> None:
        """Ask what time it is, for as long as somebody answers."""
        self._tell_comparison()
        for turn in itertools.count(1):
            for _ in range(ROUND):
                self._wire.send("clock", sent=self._time.own())
            gevent.sleep(COMPARES_EVERY_SECONDS)
            answered, self._round = self._round, []
            try:
                if answered:
                    self._time.take(Comparison.of(answered))
            except HarnessError as error:
                return self.end(Ending(f"{self._name}: {error}.", code=1))
            if turn % TELLS_EVERY == 0:
                self._tell_comparison()
            if self._time.own() - self._heard > DEAF_SECONDS:
                self._grace_seconds = 0.0
                return self.end(Ending("the run is not heard of any more", code=1))
        return None

    def _tell_comparison(self) -> None:
        believed = self._time.believed
        told = {"ahead_seconds": believed.ahead_seconds, "uncertainty_seconds": believed.uncertainty_seconds}
        rounded = {name: round(seconds, 6) for name, seconds in told.items()}
        self._wire.send("compared", told=rounded)

    # What the master says

    def _obey(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        self._orders.put(msg.data)

    def _let_go(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        self._orders.put(None)

    def _take_time(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        self._heard = self._time.own()
        self._round.append(Exchange(msg.data["sent"], msg.data["theirs"], self._heard))


def carry(master: Address, allowed: Allowed, *, own: Callable[[], float]) -> int:
    """Join one run's load and carry a share of it to its end; give the process's exit code.

    Raises:
        ScenarioError, SafetyError: when there is no use in trying again.
        HarnessError: when the run went away meanwhile.
    """
    leaving = gevent.event.Event()
    gevent.spawn(_await_end_of_input, leaving)
    door = Door(master, keys=seal(secret_of(os.environ)), own=own)
    try:
        task = door.knock(leaving)
        if task is None:
            return 0
        _refuse_strangers(task.setup, allowed, door=door)
        first = door.compare(task.setup)
    finally:
        door.close()
    wire = Wire(task.setup)
    with gevent.Timeout(CONNECTS_WITHIN_SECONDS, HarnessError(f"the run at {master} does not answer any more")):
        load = FarShare(task, wire=wire, time=TheirTime(own, first), allowed=allowed)
    gevent.spawn(wire.tell_now_and_then)
    off = f"{first.ahead_seconds:+.3f} s off the run's, give or take {1000 * first.uncertainty_seconds:.1f} ms"
    say(f"joined {master} as worker {task.setup.worker} of {task.setup.workers}; the clock here is {off}")
    code = load.run(load.orders(leaving))
    wire.close()
    say("the load is over" if code == 0 else "the load broke off")
    return code


def _await_end_of_input(leaving: Any) -> None:  # noqa: ANN401 - gevent has no types
    gevent.fileobject.FileObject(sys.stdin.fileno(), "rb", closefd=False).read()
    leaving.set()


def _refuse_strangers(setup: Setup, allowed: Allowed, *, door: Door) -> None:
    """Look beforehand at what the master names; what its name server will say is looked at later."""
    try:
        for address in filter(None, (setup.dns, setup.factory.partition("://")[2])):
            allowed.check(address)
    except SafetyError as error:
        door.decline(setup, f"load worker {setup.worker} on {socket.gethostname()}: {error}")
        raise


def main(arguments: list[str], *, own: Callable[[], float] | None = None) -> int:
    """Carry one load; see this module's docstring."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        where, *hosts = arguments
        return carry(Address.parse(where), Allowed(hosts), own=own or UnleapingClock().now)
    except (ScenarioError, SafetyError) as error:
        say(str(error))
        return 2
    except HarnessError as error:
        say(f"{error}")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
