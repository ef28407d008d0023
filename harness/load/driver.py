"""The harness's end of the load: starts the load process, tells it how many diners, and hears what they experience."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from harness.clock import WallClock
from harness.errors import HarnessError, ScenarioError
from harness.events import DinersChanged, Event, WorkerClockCompared
from harness.ingress.records import Address
from harness.load.diners import Habits
from harness.load.messages import CallFinished, Command, Setup, secret_of
from harness.pace import PACE_VARIABLE

Told = TypeVar("Told")

READY_WITHIN_SECONDS = 60.0
"""Wall seconds; a quiet machine needs less than one, and one with twenty busy processes half a minute."""

JOINED_WITHIN_SECONDS = 60.0
"""How much longer it may take where workers have to come from other machines; the load's master says who is late."""

ENDS_WITHIN_SECONDS = 3.0
"""Wall seconds; the process gives requests in flight one. Twice that where workers have to end before it."""


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """Who wants what from where; all durations are incident time."""

    site: str
    """The name that diners look up."""
    dns: Address
    """The DNS server that knows it."""
    seed: int
    """Of all diners."""
    factory_url: str = ""
    """Where diners verify their pizzas; "" when they cannot reach the factory, and then they do not."""
    signing_key: str = field(default="", repr=False)
    """What bodies to the site are signed with; "" where it wants no signature."""
    authority: str = ""
    """The certificate authority to trust, a file in PEM; "" where the site is served without TLS."""
    habits: Habits = field(default_factory=Habits)
    """What all diners have in common."""
    request_timeout: timedelta = timedelta(seconds=60)
    """How long a diner waits for a reply, never less than a second of the wall; a throttled factory takes 32 s."""
    workers: int = 1
    """How many processes the diners are shared out among, through Locust's own master and workers."""
    master: Address | None = None
    """Where workers on other machines join; None when all are processes of this one."""
    max_requests: int = 1_000_000
    """The load stops by itself before it makes more."""
    max_duration: timedelta = timedelta(hours=48)
    """The load stops by itself after this."""


class LoadProcess:
    """A process full of diners.

    Args:
        settings: who wants what from where.
        clock: the scenario's.
        on_event: is given each RequestFinished and DinersChanged.
        on_trouble: is given a text when the load process ends, or cannot go on, without having been asked to.

    Timing: both are called in a thread of this object, one at a time.

    Cleanup: `stop`. A harness that dies takes the process with it.
    """

    def __init__(
        self,
        settings: LoadSettings,
        *,
        clock: WallClock,
        on_event: Callable[[Event], object],
        on_trouble: Callable[[str], object],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._on_event = on_event
        self._on_trouble = on_trouble
        self._ready = False
        self._heard = threading.Event()
        self._stopping = False
        self._trouble = ""
        self._failure: Exception | None = None
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._reader = threading.Thread(target=self._listen, name="hear the load", daemon=True)
        self._stderr: IO[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process, which leads a process group of its own; 0 before it was started."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the process; nobody is hungry yet.

        Raises:
            HarnessError: when it does not get ready.
            ScenarioError: when workers are to come from other machines, and cannot keep this run's time or secret.
        """
        self._refuse_what_is_far()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.load.locust_driver"],
            env={**os.environ, "PYTHONPATH": import_path(), **self._clock.environment()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,
        )
        self._reader.start()
        self._say(_setup(self._settings))
        try:
            self._heard.wait(READY_WITHIN_SECONDS + (JOINED_WITHIN_SECONDS if self._settings.master else 0.0))
        except KeyboardInterrupt:
            self.stop()
            raise
        if not self._ready:
            message = self._trouble or f"the load process is not ready after {READY_WITHIN_SECONDS:g} s."
            self.stop()
            raise HarnessError(message)

    def diners(self, count: int) -> None:
        """Let this many diners be there; DinersChanged says when they are.

        Evidence: DinersChanged, RequestFinished.

        Raises:
            HarnessError: when the process has ended.
        """
        if not self._say(Command(diners=count)):
            message = f"there is no load process to send {count} diners to: it has ended. {self._last_words()}"
            raise HarnessError(message)

    def stop(self) -> None:
        """Let everybody leave and end the process; stopping twice is fine.

        Raises:
            Whatever `on_event` or `on_trouble` raised.
        """
        process = self._process
        if process is None:
            return
        self._stopping = True
        self._say(Command(stop=True))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(ENDS_WITHIN_SECONDS * (2 if self._settings.workers > 1 or self._settings.master else 1))
        if process.poll() is None:
            process.kill()
            process.wait()
        if threading.current_thread() is not self._reader:
            self._reader.join()
            self._close()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _refuse_what_is_far(self) -> None:
        if self._settings.master is None:
            return
        secret_of(os.environ)
        if PACE_VARIABLE in self._clock.environment():
            message = "load workers on other machines do not hear how fast time goes here: leave load-master out."
            raise ScenarioError(message)

    def _close(self) -> None:
        process = self._process
        for file in (process.stdin, process.stdout, self._stderr) if process else ():
            if file is not None:
                with contextlib.suppress(OSError):
                    file.close()

    def _say(self, message: Setup | Command) -> bool:
        stdin = self._process.stdin if self._process else None
        try:
            if stdin is None:
                return False
            stdin.write(msgspec.json.encode(message) + b"\n")
            stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def _listen(self) -> None:
        process = self._process
        assert process is not None, "the reader is started after the process"
        assert process.stdout is not None, "its output is a pipe"
        for line in process.stdout:
            self._shielded(self._hear, line)
        self._shielded(self._ended, process.wait())
        self._heard.set()

    def _shielded(self, call: Callable[[Told], None], told: Told) -> None:
        """Go on reading whatever a listener raises, or the process would block; `stop` raises it."""
        try:
            call(told)
        except Exception as error:
            self._failure = self._failure or error

    def _hear(self, line: bytes) -> None:
        match msgspec.json.decode(line):
            case {"ready": True}:
                self._ready = True
                self._heard.set()
            case {"diners": int(count)}:
                self._there_are(count)
            case {"ended": str(reason)}:
                self._in_trouble(reason)
            case {"compared": comparison}:
                self._on_event(msgspec.convert(comparison, WorkerClockCompared))
            case {"dropped": int(number)}:
                self._in_trouble(f"{number} messages of the load were dropped, for the harness did not keep up with it")
            case finished:
                self._on_event(msgspec.convert(finished, CallFinished).event(self._clock.timeline))

    def _ended(self, code: int) -> None:
        if code or not self._stopping:
            self._in_trouble(
                f"the load process ended with code {code}, and not as it was asked to. {self._last_words()}"
            )
        self._there_are(0)

    def _there_are(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self._on_event(DinersChanged(count=count))

    def _in_trouble(self, text: str) -> None:
        """Keep the first trouble; it is told to the caller of `start` until the process was ready, and then to all."""
        if self._trouble:
            return
        self._trouble = text
        if self._ready:
            self._on_trouble(text)

    def _last_words(self) -> str:
        if self._stderr is None or self._stderr.closed:
            return ""
        text = os.pread(self._stderr.fileno(), 100_000, 0).decode(errors="replace")
        return "Its last words: " + (" | ".join(text.strip().splitlines()[-5:]) or "none.")


def _setup(settings: LoadSettings) -> Setup:
    return Setup(
        site=settings.site,
        dns=str(settings.dns),
        factory=settings.factory_url if settings.habits.verifies else "",
        signing_key=settings.signing_key,
        authority=settings.authority,
        seed=settings.seed,
        shortest_think_seconds=settings.habits.shortest_think.total_seconds(),
        longest_think_seconds=settings.habits.longest_think.total_seconds(),
        request_timeout_seconds=settings.request_timeout.total_seconds(),
        workers=settings.workers,
        master=str(settings.master or ""),
        max_requests=settings.max_requests,
        max_duration_seconds=settings.max_duration.total_seconds(),
    )


def import_path() -> str:
    """Where the child finds this very package, installed or not, whatever its working directory is."""
    here = str(Path(__file__).resolve().parents[2])
    inherited = os.environ.get("PYTHONPATH")
    return f"{here}{os.pathsep}{inherited}" if inherited else here
