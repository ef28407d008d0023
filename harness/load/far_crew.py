"""Workers on other machines, as their master sees them: who joins, what time they have, and who is not heard any more.

A worker knocks (`join`) until it is told its share (`setup`) or why it gets none (`refused`), asks what time it is
(`clock`), and says how far its own clock goes ahead (`compared`), then and every few seconds from then on.

Rules of this file: as many workers as were asked for are let in, and the diners are theirs to the end; who comes later
is told that nobody is needed; who speaks another version is turned away for good; who is not heard of any more, or
leaves early, ends the load, for nobody knows what its diners have done; a message is for this load or for none: who
was lost by an earlier one at this address may not know it yet.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gevent
import msgspec

from harness.ingress.records import Address
from harness.load.crew import GLANCE_SECONDS, share_of
from harness.load.gathering import command
from harness.load.messages import Command, Setup
from harness.load.mouth import Says
from harness.load.steady import SteadyTime, UnleapingClock

SILENT_SECONDS = 10.0
"""Wall seconds after which a worker that says nothing is lost; it asks for the time every second."""

KNOCKED_WITHIN_SECONDS = 5.0
"""Wall seconds; a worker that waits knocks twice a second."""


@dataclass(slots=True)
class Joined:
    """A worker that was let in."""

    host: str
    """What its machine calls itself."""
    heard: float
    """When it last said something, on the monotonic clock."""
    is_compared: bool = False
    """Whether its clock was compared."""


class FarCrew:
    """Workers on other machines.

    Args:
        setup: what the harness has sent.
        runner: Locust's master, at which they report.
        mouth: says to the harness how their clocks go.
        now: seconds that never leap.
    """

    ready_within_seconds = 60.0

    def __init__(
        self,
        setup: Setup,
        runner: Any,  # noqa: ANN401 - Locust has no types
        *,
        mouth: Says,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._setup = setup
        self._runner = runner
        self._mouth = mouth
        self._now = now
        self._clock = UnleapingClock()
        self._scenario = SteadyTime.of(os.environ)
        self.load = uuid.uuid4().hex
        self._joined: list[Joined] = []
        self._numbers: dict[str, int] = {}
        """Of each worker by the name it knocks with, which it may do several times before it hears the answer."""
        self._refused: dict[str, str] = {}
        self._is_over = False
        for word, listener in (("join", self._join), ("clock", self._tell_time), ("compared", self._compared)):
            runner.register_message(word, listener)

    def start(self) -> None:
        """Wait for them; they come by themselves."""

    @property
    def is_complete(self) -> bool:
        """Whether all are there, and their clocks were compared."""
        compared = sum(worker.is_compared for worker in self._joined)
        return bool(compared == self._setup.workers and self._runner.worker_count >= self._setup.workers)

    def missing(self) -> str:
        """Say who has come, who was turned away, and what to type elsewhere."""
        came = ", ".join(worker.host for worker in self._joined if worker.is_compared) or "none"
        away = "".join(f" {host} was turned away: {why}." for host, why in self._refused.items())
        return (
            f"of {self._setup.workers} load workers from other machines these came in {self.ready_within_seconds:g} s: "
            f"{came}.{away} Start one with: {command(Address.parse(self._setup.master))}"
        )

    def complaint(self, said: dict[int, int]) -> str:
        """Say who has left, or has not been heard of for too long."""
        for number, worker in enumerate(self._joined):
            if number in said:
                return f"load worker {number} on {worker.host} left before the load was over."
            if worker.is_compared and (silence := self._now() - worker.heard) > SILENT_SECONDS:
                return f"load worker {number} on {worker.host} has not been heard of for {silence:.0f} s."
        return ""

    def tell(self, command: Command) -> None:
        """Tell each of them."""
        self._is_over = self._is_over or command.stop
        self._runner.send_message("command", msgspec.json.encode(command))

    def leave_at_once(self) -> None:
        """Let them leave without grace."""
        self._is_over = True
        self._runner.send_message("leave")

    def wait_until_gone(self, said: dict[int, int]) -> None:
        """Wait until each has said its last, but not for those who are lost, or never began."""
        while any(number not in said for number in self._at_work()):
            gevent.sleep(GLANCE_SECONDS)

    def end(self) -> None:
        """Do nothing: who does not hear the master any more leaves by itself."""

    def _at_work(self) -> list[int]:
        since = self._now() - SILENT_SECONDS
        return [number for number, each in enumerate(self._joined) if each.is_compared and each.heard > since]

    # What workers say

    def _join(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        said: dict[str, str] = msg.data
        if why := why_turned_away(said):
            self._refused[said["host"]] = why
            self._answer(msg, "refused", {"why": f"{why}: install the same", "for_good": True})
        elif msg.node_id in self._numbers:
            self._answer(msg, "setup", self._share(self._numbers[msg.node_id]))
        elif self._is_over or len(self._joined) >= self._setup.workers:
            self._answer(msg, "refused", {"why": "the run has as many workers as it asked for", "for_good": False})
        else:
            self._numbers[msg.node_id] = len(self._joined)
            self._joined.append(Joined(said["host"], self._now()))
            self._answer(msg, "setup", self._share(self._numbers[msg.node_id]))

    def _share(self, number: int) -> dict[str, Any]:
        scenario, authority = self._scenario, self._setup.authority
        started = self._clock.at(scenario.started)
        return {
            "setup": msgspec.json.encode(share_of(self._setup, number, master=self._setup.master, load=self.load)),
            "authority": Path(authority).read_text() if authority else "",
            "clock": [scenario.epoch, started, scenario.speed],
        }

    def _tell_time(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        if msg.data["load"] != self.load:
            return
        self._joined[msg.data["worker"]].heard = self._now()
        self._answer(msg, "clock", {"sent": msg.data["sent"], "theirs": self._clock.now()})

    def _compared(self, environment: object, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's own
        number, load, told = msg.data["worker"], msg.data["load"], msg.data["told"]
        if load == self.load:
            worker = self._joined[number]
            worker.is_compared = True
            self._mouth.say({"compared": {"worker": number, "host": worker.host, **told}})

    def _answer(self, msg: Any, word: str, data: dict[str, Any]) -> None:  # noqa: ANN401 - Locust's own
        self._runner.send_message(word, data, client_id=msg.node_id)


class Lobby:
    """Who has knocked, and when; for harness/load/lobby.py, which cannot be imported without Locust's patches.

    Args:
        wanted: how many are to come.
    """

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._here: dict[str, tuple[str, float]] = {}
        self._away: dict[str, str] = {}
        self._told = ""

    def knocked(self, name: str, said: dict[str, str], *, now: float) -> dict[str, Any]:
        """Give what to answer a worker that knocks."""
        if why := why_turned_away(said):
            self._away[said["host"]] = why
            return {"why": f"{why}: install the same", "for_good": True}
        self._here[name] = said["host"], now
        return {"why": "the run waits for the others", "for_good": False}

    def here(self, now: float) -> list[str]:
        """Give the hosts of those who wait."""
        return sorted(host for host, knocked in self._here.values() if now - knocked <= KNOCKED_WITHIN_SECONDS)

    def is_complete(self, now: float) -> bool:
        """Whether all are there; says so to the run when somebody came or went."""
        told = json.dumps({"here": self.here(now), "away": self._away})
        if told != self._told:
            print(told, flush=True)  # noqa: T201 - how the run hears of it
            self._told = told
        return len(self.here(now)) >= self._wanted


def why_turned_away(said: dict[str, str]) -> str:
    """Say why a worker that knocks cannot be used by this run, ever; "" when it can."""
    ours = version("pizza-chaos")
    return "" if said["version"] == ours else f"it has pizza-chaos {said['version']}, and this run {ours}"
