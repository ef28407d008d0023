"""The one history of a run: an append-only file of JSON events, its recorder and its reader.

Rules of this file: an event is on disk before `record` returns, so that a killed run keeps all but its last line (a
simulated one, which can be had again from its seed, all but a virtual minute); the recorder is the only writer; once
the disk has refused a line nothing more is written and nobody is stopped, so that faults can still be healed; a reader
never guesses: a line it cannot read is named with its number; it holds no more than the events, whose texts are shared:
a million of them fit into half a gigabyte.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from harness.clock import Clock
from harness.errors import HarnessError
from harness.events import SCHEMA, UNSTAMPED, AnyEvent, Event, RequestFinished, RunStarted

Kind = TypeVar("Kind", bound=Event)
Found = TypeVar("Found")
Listener = Callable[[Event], None]

EVENTS_HELD = 1000
"""How many of the newest events a run keeps in memory, however long it takes."""

_LARGEST_BATCH = 250
"""Events that are gathered before they are written, where they are; fewer than are held, so that none is lost."""

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(AnyEvent)


class Recorder:
    """Appends events to a history file, stamped and numbered, from any thread.

    Args:
        path: the history file, made anew.
        clock: what time it is.

    Cleanup: `close`, or use it as a context manager. A recorder that was never closed has lost nothing.

    Raises:
        HarnessError: when something is recorded after `close`. A disk that is full raises nothing: `trouble` says so.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self.path = path
        self.trouble = ""
        """Why the file lacks what happened since, in a sentence; "" as long as it lacks nothing."""
        self.recorded = 0
        """How many events were recorded."""
        self._clock = clock
        self._lock = threading.RLock()
        self._events: deque[Event] = deque()
        self._holds = math.inf
        self._listeners: list[Listener] = []
        self._gathered: list[bytes] = []
        self._batch = 1
        self._file = path.open("wb", buffering=0)

    def record(self, event: Event) -> Event:
        """Keep one event; what it does not say of its time is filled in.

        Returns: the event as it was written.
        """
        with self._lock:
            if self._file.closed:
                message = (
                    f"the history {self.path} could not be written: it is closed. Nothing after this can be judged."
                )
                raise HarnessError(message)
            steady = event.steady or self._clock.steady()
            at = self._clock.timeline.incident(steady) if event.at is UNSTAMPED else event.at
            stamped = msgspec.structs.replace(event, at=at, steady=steady, seq=self.recorded)
            self.recorded += 1
            self._write(stamped)
            self._events.append(stamped)
            while len(self._events) > self._holds and not self.trouble:
                self._events.popleft()
            for listener in self._listeners:
                listener(stamped)
        return stamped

    def listen(self, listener: Listener) -> None:
        """Call `listener` with each event from now on; it must be quick and must not raise."""
        with self._lock:
            self._listeners.append(listener)

    def hold_at_most(self, events: int) -> None:
        """Hold no more than the newest events in memory from now on; older ones are read back from the file.

        What a disk has refused is held all the same.
        """
        self._holds = events

    def gather(self) -> None:
        """Write events a batch at a time from now on, and what is gathered with each `flush`: for simulations."""
        self._batch = _LARGEST_BATCH

    def flush(self) -> None:
        """Write what is gathered."""
        with self._lock:
            lines = b"".join(self._gathered)
            self._gathered.clear()
            try:
                while lines:
                    lines = lines[self._file.write(lines) :]
            except OSError as error:
                first = self.recorded - lines.count(b"\n") + 1
                self.trouble = f"{self.path.name} could not be written from line {first} on: {error.strerror}"

    def so_far(self) -> History:
        """Give the history as it stands.

        Timing: after `hold_at_most` it reads the file, which takes a second for every half a million events.
        """
        self.flush()
        with self._lock:
            held = tuple(self._events)
        if not held or held[0].seq == 0:
            return History(held)
        older = (event for event in History.read(self.path).events if event.seq < held[0].seq)
        return History((*older, *held))

    def close(self) -> None:
        """Close the file; closing twice is fine."""
        with self._lock:
            self.flush()
            self._file.close()

    def _write(self, event: Event) -> None:
        if not self.trouble:
            self._gathered.append(_encode(event) + b"\n")
            if len(self._gathered) >= self._batch:
                self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class History:
    """What happened, in the order in which it was recorded. Checks are functions of this and nothing else."""

    events: tuple[Event, ...]
    """Every event that could be read."""
    damage: tuple[str, ...] = field(default=())
    """A sentence for each line that could not be read; a damaged history is never judged green."""
    _kept: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was worked out of it once."""

    @classmethod
    def read(cls, path: Path) -> History:
        """Read a history file, as much of it as can be read.

        Raises:
            HarnessError: when there is no such file.
        """
        events: list[Event] = []
        damage: list[str] = []
        shared: dict[str, str] = {}
        try:
            with path.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    try:
                        events.append(_sharing(_decoder.decode(line), shared))
                    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                        damage.append(_damaged(path, number=number, line=line, error=error))
        except OSError as error:
            message = (
                f"there is no history to read at {path}: {error.strerror}. A run keeps it as runs/*/history.jsonl."
            )
            raise HarnessError(message) from error
        missing = () if damage else _missing(events, path)
        return cls(tuple(events), (*_in_short(damage), *missing, *_newer(events, path)))

    def once(self, work: Callable[[History], Found]) -> Found:
        """Work something out of this history, the first time that it is asked for."""
        if work not in self._kept:
            self._kept[work] = work(self)
        found: Found = self._kept[work]
        return found

    def of(self, *kinds: type[Kind]) -> tuple[Kind, ...]:
        """Give the events of these kinds."""
        if kinds not in self._kept:
            self._kept[kinds] = tuple(event for event in self.events if isinstance(event, kinds))
        found: tuple[Kind, ...] = self._kept[kinds]
        return found

    def first(self, kind: type[Kind], where: Callable[[Kind], bool] = lambda _: True) -> Kind | None:
        """Give the first event of a kind that fits, or None."""
        return next((event for event in self.of(kind) if where(event)), None)

    def between(self, start: datetime, end: datetime) -> History:
        """Give the part from `start` (included) to `end` (not included), in incident time."""
        return History(tuple(event for event in self.events if start <= event.at < end), self.damage)

    @property
    def run(self) -> RunStarted:
        """The event that opened the run.

        Raises:
            HarnessError: when the history has none.
        """
        found = self.first(RunStarted)
        if found is None:
            why = f" ({self.damage[0]})" if self.damage else "" if self.events else " (it is empty)"
            message = (
                f"the history does not say which run it is of: it has no run_started event{why}. "
                "Nothing can be judged without it: run the scenario again."
            )
            raise HarnessError(message)
        return found

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)


def _missing(events: Sequence[Event], path: Path) -> tuple[str, ...]:
    """Say where lines are gone altogether, which only the numbers of the others tell."""
    numbers = [event.seq for event in events]
    if numbers == list(range(len(numbers))) or -1 in numbers:
        return ()
    gaps = [(before, after) for before, after in pairwise([-1, *numbers]) if after > before + 1]
    lost = sum(after - before - 1 for before, after in gaps)
    return (f"{lost} events of {path.name} are missing, the first of them number {gaps[0][0] + 1}",) if gaps else ()


def _newer(events: Sequence[Event], path: Path) -> tuple[str, ...]:
    run = next((event for event in events if isinstance(event, RunStarted)), None)
    if run is None or run.schema <= SCHEMA:
        return ()
    return (f"{path.name} has schema {run.schema}; this pizza-chaos reads up to {SCHEMA}. Use a newer one.",)


def _sharing(event: Event, shared: dict[str, str]) -> Event:
    """Let equal texts of requests, of which there may be a million, be one text."""
    if type(event) is RequestFinished:
        for name in _TEXTS:
            text = getattr(event, name)
            msgspec.structs.force_setattr(event, name, shared.setdefault(text, text))
    return event


_TEXTS = ("diner", "operation", "method", "path", "address", "outcome", "error", "cause", "report_url")

DAMAGE_AT_MOST = 20
"""Nobody mends more lines than this by hand."""


def _damaged(path: Path, *, number: int, line: bytes, error: Exception) -> str:
    if not line.endswith(b"\n"):
        return f"line {number} of {path.name} is cut off after {len(line)} bytes: the run was killed, or the disk full"
    return f"line {number} of {path.name} cannot be read: {error}"


def _in_short(damage: Sequence[str]) -> tuple[str, ...]:
    if len(damage) <= DAMAGE_AT_MOST:
        return tuple(damage)
    return (*damage[:DAMAGE_AT_MOST], f"and {len(damage) - DAMAGE_AT_MOST} more lines cannot be read")


def history_of(events: Sequence[Event]) -> History:
    """Make a history of events that already say when they happened, numbering them (for tests and judges)."""
    return History(tuple(msgspec.structs.replace(event, seq=number) for number, event in enumerate(events)))
