"""The door of a load whose run is on another machine: a worker knocks, is let in or turned away, and sets its clock.

Rules of this file: it knocks for as long as it takes, and says once why it still does; one knock more or less changes
nothing, for a worker is known by its name.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import socket
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import gevent
import msgspec
import zmq
from locust.rpc.protocol import Message

from harness.errors import HarnessError, ScenarioError
from harness.ingress.records import Address
from harness.load.comparison import Comparison, Exchange
from harness.load.messages import Setup, read_setup
from harness.load.sealed import Keys, SealedClient
from harness.load.worker import LINGERS_MILLISECONDS

KNOCKS_EVERY_SECONDS = 0.5
PATIENT_SECONDS = 10.0
"""Wall seconds without an answer after which there is none."""

QUESTIONS = 8
"""For the first comparison of clocks, of which the quickest counts."""


@dataclass(frozen=True, slots=True)
class Task:
    """What the master has given this worker to do."""

    setup: Setup
    """Its share of the load."""
    clock: tuple[float, float, float]
    """The scenario's: its epoch, when it began by the master's clock, and its speed."""


class Door:
    """The master's door, before one is let in.

    Args:
        master: where it is.
        keys: made of the secret.
        own: this machine's clock.
    """

    def __init__(self, master: Address, *, keys: Keys, own: Callable[[], float]) -> None:
        self._name = f"{socket.gethostname()}-{uuid.uuid4().hex}"
        self._client: Any = SealedClient(master, self._name, keys=keys)
        self._master = master
        self._own = own

    def knock(self, leaving: Any) -> Task | None:  # noqa: ANN401 - gevent has no types
        """Wait until a run lets this worker in; gives nothing when it is to leave instead.

        Raises:
            ScenarioError: when it never will be let in.
        """
        told = ""
        for knock in itertools.count(1):
            self._say("join", {"version": version("pizza-chaos"), "host": socket.gethostname()})
            word, data = self._hear({"setup", "refused"}, within=KNOCKS_EVERY_SECONDS)
            if word == "setup":
                return _task(data)
            if data.get("for_good"):
                raise ScenarioError(f"turned away by the run at {self._master}: {data['why']}.")
            why = data.get("why", "")
            if knock * KNOCKS_EVERY_SECONDS >= PATIENT_SECONDS:
                why = why or "nobody answers: no run waits for workers there yet, or its secret is another"
            if why and why != told:
                say(f"{self._master}: {why}; trying on")
                told = why
            if leaving.wait(KNOCKS_EVERY_SECONDS if word else 0.0):
                break
        return None

    def compare(self, setup: Setup) -> Comparison:
        """Compare clocks for the first time.

        Raises:
            HarnessError: when the master does not answer any more.
        """
        exchanges = []
        for _ in range(QUESTIONS):
            sent = self._own()
            self._say("clock", {"worker": setup.worker, "load": setup.load, "sent": sent})
            word, data = self._hear({"clock"}, within=PATIENT_SECONDS)
            if not word:
                message = f"the run at {self._master} does not answer any more"
                raise HarnessError(message)
            exchanges.append(Exchange(sent, data["theirs"], self._own()))
        return Comparison.of(exchanges)

    def decline(self, setup: Setup, reason: str) -> None:
        """Tell the run why it has one worker less."""
        self._say("ended", {"worker": setup.worker, "load": setup.load, "reason": reason, "code": 1})

    def close(self) -> None:
        """Go in, or away."""
        self._client.close(linger=LINGERS_MILLISECONDS)

    def _say(self, word: str, data: dict[str, Any]) -> None:
        message: Any = Message
        with contextlib.suppress(zmq.Again):  # nobody is there, or it is somebody with another secret
            self._client.socket.send(message(word, data, self._name).serialize(), zmq.NOBLOCK)

    def _hear(self, words: set[str], *, within: float) -> tuple[str, dict[str, Any]]:
        """Give the next message of these, or nothing after so many seconds."""
        with gevent.Timeout(within, exception=False):
            while True:
                message = self._client.recv()
                if message.type in words:
                    return message.type, message.data
        return "", {}


def say(line: str) -> None:
    """Tell whoever started this worker."""
    print(f"load worker: {line}", flush=True)  # noqa: T201 - a person, or a pod's log, reads it


def _task(data: dict[str, Any]) -> Task:
    setup = read_setup(data["setup"])
    if data["authority"]:
        setup = msgspec.structs.replace(setup, authority=_kept(data["authority"]))
    epoch, started, speed = data["clock"]
    return Task(setup, (epoch, started, speed))


def _kept(authority: str) -> str:
    """Put a certificate, which is no secret, where it can be read, for as long as this process lives."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
        file.write(authority)
    atexit.register(os.unlink, file.name)
    return file.name
