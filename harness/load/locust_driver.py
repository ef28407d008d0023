"""The load process: diners as Locust users, in a process of their own because Locust monkey-patches whatever it joins.

    python -m harness.load.locust_driver

It reads one Setup and then Commands on standard input, and reports on standard output (harness/load/messages.py).
PIZZA_CLOCK="<epoch> <monotonic start> <speed>" gives it the scenario's steady time.

It does not outlive its parent: the end of its input ends it, whatever its requests are waiting for. SIGTERM does the
same; SIGINT is ignored, since Ctrl-C is for the parent to decide. A request still in flight at the end is reported as
unknown.

Rules of this file: Locust is imported before anything that opens sockets; only `Mouth` writes to standard output; what
nobody foresaw ends the process with a traceback, never with a false reading.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, ClassVar

import gevent
import gevent.event
import gevent.fileobject
import gevent.pool
import gevent.queue
import locust
import locust.env
import locust.exception

from harness.clock import SHORTEST_WAIT
from harness.durations import spoken
from harness.errors import HarnessError, ScenarioError
from harness.ingress.records import Address
from harness.ingress.resolver import Resolver
from harness.load.browser import Browser, NoReply, Place, fixed, origin, site
from harness.load.diners import Call, Habits, Where, diner
from harness.load.messages import CallFinished, Setup, read_command, read_setup
from harness.load.mouth import Mouth, Says
from harness.load.outcomes import Reply, Trouble, replied, unanswered
from harness.load.steady import SteadyTime
from harness.pace import LOOK_SECONDS

GRACE_SECONDS = SHORTEST_WAIT.total_seconds()
"""Wall seconds that requests in flight get when the load is told to stop."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the load ends, and how."""

    reason: str = ""
    """What the parent did not ask for and must be told."""
    code: int = 0
    """Of the process's exit."""


class Load:
    """Everything that the diners of this process share."""

    def __init__(self, setup: Setup, *, clock: SteadyTime, mouth: Says) -> None:
        self.clock = clock
        self.habits = Habits(
            timedelta(seconds=setup.shortest_think_seconds),
            timedelta(seconds=setup.longest_think_seconds),
            verifies=bool(setup.factory),
        )
        self.seed = setup.seed
        self.requests = gevent.pool.Group()
        self.patience_seconds = max(setup.request_timeout_seconds / clock.speed, SHORTEST_WAIT.total_seconds())
        self.places = self._find_places(setup)
        self._setup = setup
        self._mouth = mouth
        self._numbers = itertools.count(1 + setup.worker, setup.workers)
        self._made = 0
        self._grace_seconds = GRACE_SECONDS
        self._ending = gevent.event.AsyncResult()
        self._counts = gevent.queue.Queue()
        LocustDiner.load = self
        environment = locust.env.Environment(user_classes=[LocustDiner], catch_exceptions=False)
        events: Any = environment.events
        events.spawning_complete.add_listener(self._spawned)
        events.user_error.add_listener(self._crashed)
        self._runner = self._new_runner(environment)

    def _find_places(self, setup: Setup) -> dict[Where, Place]:
        return _places(setup, clock=self.clock, patience_seconds=self.patience_seconds)

    def _new_runner(self, environment: Any) -> Any:  # noqa: ANN401 - Locust has no types
        return environment.create_local_runner()

    def run(self, lines: Iterator[bytes]) -> int:
        """Follow the commands until the load ends; give the process's exit code."""
        gevent.signal_handler(signal.SIGTERM, self._leave_at_once)
        gevent.spawn(self._listen, lines)
        gevent.spawn(self._keep_count)
        limit = timedelta(seconds=self._setup.max_duration_seconds)
        reason = f"the load ran for {spoken(limit)}, as long as it may (max_duration), and stopped."
        gevent.spawn_later(self.clock.wall_seconds(limit), self.end, Ending(reason))
        self._mouth.say({"ready": True})
        ending: Ending = self._ending.get()
        self._runner.quit()
        self.requests.join(timeout=self._grace_seconds)
        self.requests.kill()
        if ending.reason:
            self._mouth.say({"ended": ending.reason})
        return ending.code

    def end(self, ending: Ending) -> None:
        """Let the load end like this; the first ending counts."""
        if not self._ending.ready():
            self._ending.set(ending)

    def next_name(self) -> str:
        """Name a diner who has just arrived; those who left do not come back."""
        return f"diner-{next(self._numbers)}"

    def count_request(self) -> None:
        """Count a request before it is made.

        Raises:
            StopUser: when it would be one too many; the load ends then.
        """
        if self._made >= self._setup.max_requests:
            limit = f"the load made {self._made} requests, as many as it may (max_requests), and stopped."
            self.end(Ending(limit))
            raise locust.exception.StopUser
        self._made += 1

    def report(self, finished: CallFinished) -> None:
        """Tell the parent about a request."""
        self._mouth.say(finished)

    def _listen(self, lines: Iterator[bytes]) -> None:
        for line in lines:
            try:
                command = read_command(line)
            except ScenarioError as error:
                return self.end(Ending(str(error), code=2))
            if command.stop:
                self.end(Ending())
            elif command.diners is not None:
                self._counts.put(command.diners)
        return self._leave_at_once()

    def _keep_count(self) -> None:
        """Let diners come and go. Locust counts those who are leaving as present, so one change waits for another."""
        for count in self._counts:
            if self._ending.ready():
                return
            self._runner.start(count, spawn_rate=max(1, count, self._runner.user_count))
            gevent.joinall([self._runner.spawning_greenlet])

    def _leave_at_once(self) -> None:
        self.end(Ending())
        self._grace_seconds = 0.0
        self.requests.kill(block=False)

    def _spawned(self, user_count: int) -> None:
        self._mouth.say({"diners": user_count})

    def _crashed(self, user_instance: LocustDiner, exception: Exception, tb: object) -> None:  # noqa: ARG002
        reason = str(exception) if isinstance(exception, HarnessError) else f"a diner broke: {exception!r}"
        self.end(Ending(reason, code=1))


class LocustDiner(locust.User):
    """A diner's life, lived on real sockets: one Locust task is one step of it."""

    load: ClassVar[Load]

    def on_start(self) -> None:
        """Arrive."""
        self._request: Any = None
        self._name = self.load.next_name()
        self._browser = Browser(self.load.places, origin=origin(int(self._name.rpartition("-")[2])))
        self._life = diner(self._name, rng=Random(f"{self.load.seed}/{self._name}"), habits=self.load.habits)
        self._step = next(self._life)

    def on_stop(self) -> None:
        """Leave; the connections stay until the last reply is there."""
        if self._request is None:
            self._browser.close()
        else:
            self._request.link(lambda _: self._browser.close())

    @locust.task
    def take_a_step(self) -> None:
        """Make the call that is due; a think is Locust's wait."""
        while self.load.clock.is_standing_still:
            gevent.sleep(LOOK_SECONDS)
        if isinstance(self._step, Call):
            self._step = self._life.send(self._make(self._step))

    def wait_time(self) -> float:
        """Wall seconds until the next step."""
        if isinstance(self._step, Call):
            return 0.0
        length = self._step.length
        self._step = next(self._life)
        return self.load.clock.wall_seconds(length)

    def _make(self, call: Call) -> Reply:
        """Make a call in a greenlet of its own: a diner who leaves does not take back what was asked."""
        self.load.count_request()
        self._request = self.load.requests.spawn(self._ask_and_report, call)
        reply: Reply = self._request.get()
        return reply

    def _ask_and_report(self, call: Call) -> Reply:
        started = self.load.clock.now()
        reply = self._ask(call)
        self.load.report(
            CallFinished(
                diner=self._name,
                operation=call.operation,
                method=call.method,
                path=call.path,
                address=self._browser.address(call.where),
                started_steady=started,
                steady=self.load.clock.now(),
                outcome=reply.outcome,
                status=reply.status,
                error=reply.error,
                cause=reply.cause,
                report_url=reply.report_url,
            )
        )
        return reply

    def _ask(self, call: Call) -> Reply:
        try:
            with gevent.Timeout(self.load.patience_seconds):
                status, raw = self._browser.ask(call)
        except gevent.Timeout:
            return unanswered(Trouble.TIMED_OUT, method=call.method, sent=True)
        except gevent.GreenletExit:
            return unanswered(Trouble.LEFT, method=call.method, sent=True)
        except NoReply as nothing:
            return unanswered(nothing.trouble, method=call.method, sent=nothing.sent)
        return replied(status, raw, wrong=call.wrong)


def _places(setup: Setup, *, clock: SteadyTime, patience_seconds: float) -> dict[Where, Place]:
    """Where diners go. The resolver, which asks twice, must give up before the diner does, to be told apart."""
    resolver = Resolver(Address.parse(setup.dns), clock.now, timeout=timedelta(seconds=patience_seconds / 3))
    place = site(setup.site, resolver=resolver, signing_key=setup.signing_key, authority=setup.authority)
    places: dict[Where, Place] = {"service": place}
    if setup.factory:
        places["factory"] = fixed(setup.factory)
    return places


def main() -> int:
    """Read the setup, run the load, and give the process's exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    mouth = Mouth(sys.stdout.fileno())
    sys.stdout = sys.stderr
    lines: Any = gevent.fileobject.FileObject(sys.stdin.fileno(), "rb", closefd=False)
    try:
        first = lines.readline()
        if not first:
            return 0
        setup = read_setup(first)
        if setup.workers > 1 or setup.master:
            from harness.load.master import Master  # noqa: PLC0415 - only for a load of several processes

            return Master(setup, mouth=mouth).run(lines)
        load = Load(setup, clock=SteadyTime.of(os.environ), mouth=mouth)
    except ScenarioError as error:
        print(f"load: {error}", file=sys.stderr)  # noqa: T201 - there is no other way to tell
        return 2
    return load.run(lines)


if __name__ == "__main__":
    sys.exit(main())
