"""Child processes: started under a lease, heard line by line, and always ended by their own pid.

A child says it is ready with one JSON line on standard output, `{"event": "listening", "host": …, "port": …}`; every
later line is its own story. What it writes to standard error is kept in a log file of the run. A program that knows
nothing of this is asked from outside whether it answers, and all that it writes is kept. What runs is a process of this
machine, or whatever else a stack puts in its place.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil

from harness.errors import HarnessError
from harness.events import Event, ProcessExited, ProcessStarted
from harness.stacks.reaper import Lease

STARTS_WITHIN_SECONDS = 30.0
ENDS_WITHIN_SECONDS = 3.0
ASKED_EVERY_SECONDS = 0.02
LAST_LINES = 6

_FRAME = re.compile(r"at |- /|'/|Require stack:|requireStack:|Node\.js v\d|node:internal/")
"""Begins a line that says where something happened, and not what."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start one program of the system under test."""

    component: str
    """What it is called in the history: `factory`, `task-3`, `balancer-1`."""
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the harness's own."""
    directory: Path | None = None
    """Where it runs; None for where the harness does."""
    answers: Callable[[], str] | None = None
    """Asked again and again of a program that does not say itself that it listens: `host:port` once it does, or ""."""


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears of a child; each is called in the child's own thread and must be quick."""

    ready: Callable[[str], None] = lambda _address: None
    """Given `host:port` once it listens."""
    line: Callable[[dict[str, Any]], None] = lambda _line: None
    """Given every later JSON line of its standard output."""
    exited: Callable[[int], None] = lambda _code: None
    """Given its exit code; called exactly once, after `ready` or instead of it."""


class Program(Protocol):
    """What runs behind a child."""

    @property
    def pid(self) -> int:
        """The process on this machine; 0 before there is one."""
        ...

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        ...

    def lines(self) -> Iterable[bytes]:
        """Give what it writes to standard output, until it has ended."""
        ...

    def code(self) -> int:
        """Give its exit code, once it has ended."""
        ...

    def hear(self, line: bytes) -> None:
        """Write to its standard input; one that is gone hears nothing."""
        ...

    def signal(self, number: signal.Signals) -> bool:
        """Send it a signal; false when it was gone by then."""
        ...


class OwnProcess:
    """A process of this machine, in a session of its own.

    Args:
        launch: how to start it.
        environment: what it gets on top of the harness's own environment.
        log: where its standard error goes.
    """

    def __init__(self, launch: Launch, *, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                launch.argv,
                env={**os.environ, **environment, **launch.environment},
                cwd=launch.directory,
                stdin=subprocess.PIPE,
                stdout=file if launch.answers else subprocess.PIPE,
                stderr=file,
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        try:
            return psutil.Process(self.pid).status() == psutil.STATUS_STOPPED
        except psutil.NoSuchProcess:
            return False

    def lines(self) -> Iterable[bytes]:
        """Give what it writes to standard output, until it has ended."""
        yield from self._process.stdout or ()
        self._process.wait()
        # What it started may outlive it, deaf to every other signal, as a loader behind `npm start` does.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def code(self) -> int:
        """Give its exit code, once it has ended."""
        return self._process.wait()

    def hear(self, line: bytes) -> None:
        """Write to its standard input; one that is gone hears nothing."""
        stdin = self._process.stdin
        with contextlib.suppress(OSError, ValueError):
            if stdin is not None:
                stdin.write(line)
                stdin.flush()

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal to it and whatever it started; false when it was gone by then."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return False
        return True


class Child:
    """One running program."""

    def __init__(self, launch: Launch, *, program: Program, ears: Ears, family: Children) -> None:
        self.component = launch.component
        self._ears = ears
        self._family = family
        self._ready = threading.Event()
        self._ended = threading.Event()
        self._stopping = False
        self._born = time.monotonic()
        self.address = ""
        self._program = program
        threading.Thread(target=self._listen, name=f"hear {self.component}", daemon=True).start()
        if launch.answers:
            threading.Thread(
                target=self._knock, args=(launch.answers,), name=f"ask {self.component}", daemon=True
            ).start()

    def tell(self, message: dict[str, Any]) -> None:
        """Write one JSON line to its standard input; a child that is gone hears nothing."""
        self._program.hear(json.dumps(message).encode() + b"\n")

    def wait_until_ready(self) -> str:
        """Block until it listens, and give its address.

        Raises:
            HarnessError: with its last words, when it ends or stays silent instead.
        """
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while not self._ready.wait(0.01):
            if self._ended.is_set():
                code = self._program.code()
                said = self._family.last_words(self.component)
                message = f"{self.component} ended with code {code} before it listened. {said}"
                raise HarnessError(message)
            if time.monotonic() > deadline:
                said = self._family.last_words(self.component)
                message = f"{self.component} did not listen within {STARTS_WITHIN_SECONDS:g} s. {said}"
                raise HarnessError(message)
        return self.address

    @property
    def pid(self) -> int:
        """Its process on this machine; 0 before there is one."""
        return self._program.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return not self._ended.is_set()

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self.is_alive and self._program.is_paused

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the child and whatever it started."""
        if self.is_alive:
            self._program.signal(number)

    def stop(self, *, kill: bool = False) -> None:
        """Ask it to end, or end it; does not wait."""
        was_stopping, self._stopping = self._stopping, True
        if self.is_alive and not self._program.signal(signal.SIGKILL if kill else signal.SIGTERM):
            self._stopping = was_stopping  # it had ended by itself, and nobody has heard of that yet

    def wait(self, within_seconds: float) -> bool:
        """Block until it has ended; false when it has not."""
        return self._ended.wait(within_seconds)

    def _listen(self) -> None:
        for raw in self._program.lines():
            with contextlib.suppress(json.JSONDecodeError):
                self._hear(json.loads(raw))
        code = self._program.code()
        self._family.ended(self, code, expected=self._stopping)
        self._ended.set()
        self._ears.exited(code)

    def _knock(self, answers: Callable[[], str]) -> None:
        while not self._ended.wait(ASKED_EVERY_SECONDS):
            if address := answers():
                self._hear({"event": "listening", "address": address})
                return

    def _hear(self, said: dict[str, Any]) -> None:
        if said.get("event") != "listening":
            self._ears.line(said)
            return
        self.address = said.get("address") or f"{said['host']}:{said['port']}"
        self._family.started(self, time.monotonic() - self._born)
        self._ready.set()
        self._ears.ready(self.address)


class Children:
    """Every process of a run.

    Args:
        logs: directory for what they write to standard error.
        environment: what they all get, on top of the harness's own environment.
        record: keeps ProcessStarted and ProcessExited.

    Cleanup: `end` stops all and releases the lease; a harness that dies instead loses the lease, which does the same.
    """

    def __init__(self, *, logs: Path, environment: Mapping[str, str], record: Callable[[Event], object]) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.environment = environment
        self.lease = Lease()
        self._logs = logs
        self._record = record
        self._alive: dict[Child, None] = {}

    def start(self, launch: Launch, *, ears: Ears | None = None) -> Child:
        """Start a program; it is under the lease before this returns.

        Raises:
            HarnessError: when it cannot be started at all.
        """
        try:
            program = self._program(launch)
        except OSError as error:
            message = f"{launch.component} cannot be started with {launch.argv[0]!r}: {error.strerror}."
            raise HarnessError(message) from error
        child = Child(launch, program=program, ears=ears or Ears(), family=self)
        self._alive[child] = None
        return child

    def _program(self, launch: Launch) -> Program:
        """Start what runs behind a child, under the lease."""
        process = OwnProcess(launch, environment=self.environment, log=self.log(launch.component))
        self.lease.watch(process.pid)
        return process

    def named(self, component: str) -> Child | None:
        """Give the child of this name that runs; None when none does."""
        return next((child for child in tuple(self._alive) if child.component == component), None)

    def log(self, component: str) -> Path:
        """Where a component's standard error goes."""
        return self._logs / f"{component}.log"

    def last_words(self, component: str) -> str:
        """Say how a component's log ends; stack frames are left out, for the error stands before them."""
        log = self.log(component)
        text = log.read_text(errors="replace") if log.is_file() else ""
        lines = [line.strip() for line in text.splitlines()]
        telling = [line for line in lines if line.strip("{}[]()^ ") and not _FRAME.match(line)][-LAST_LINES:]
        return "Its last words: " + (" | ".join(telling) if telling else "none.")

    def started(self, child: Child, startup_seconds: float) -> None:
        """Keep that a child is ready."""
        self._record(
            ProcessStarted(
                component=child.component,
                pid=child.pid,
                address=child.address,
                startup_seconds=round(startup_seconds, 3),
            )
        )

    def ended(self, child: Child, code: int, *, expected: bool) -> None:
        """Keep that a child has ended."""
        self.lease.forget(child.pid)
        self._alive.pop(child, None)
        self._record(ProcessExited(component=child.component, pid=child.pid, code=code, expected=expected))

    def end(self) -> None:
        """Stop every child, gently and then not, and release the lease."""
        for child in tuple(self._alive):
            child.stop()
        deadline = time.monotonic() + ENDS_WITHIN_SECONDS
        for child in tuple(self._alive):
            if not child.wait(max(0.0, deadline - time.monotonic())):
                child.stop(kill=True)
                child.wait(ENDS_WITHIN_SECONDS)
        self.lease.release()
