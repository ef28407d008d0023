"""The one history of a run: an append-only file of JSON events, its recorder and its reader.

Rules of this file: an event is on disk before `record` returns, so that a killed run keeps all but its last line; the
recorder is the only writer; a reader never guesses: a line it cannot read is named with its number.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from harness.clock import Clock
from harness.errors import HarnessError
from harness.events import SCHEMA, UNSTAMPED, AnyEvent, Event, RunStarted

Kind = TypeVar("Kind", bound=Event)
Listener = Callable[[Event], None]

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(AnyEvent)


class Recorder:
    """Appends events to a history file, stamped and numbered, from any thread.

    Args:
        path: the history file, made anew.
        clock: what time it is.

    Cleanup: `close`, or use it as a context manager. A recorder that was never closed has lost nothing.

    Raises:
        HarnessError: when the file cannot be written, at the first event that could not be kept.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._events: list[Event] = []
        self._listeners: list[Listener] = []
        self._file = path.open("wb", buffering=0)

    def record(self, event: Event) -> Event:
        """Keep one event; what it does not say of its time is filled in.

        Returns: the event as it was written.
        """
        with self._lock:
            steady = event.steady or self._clock.steady()
            at = self._clock.timeline.incident(steady) if event.at is UNSTAMPED else event.at
            stamped = msgspec.structs.replace(event, at=at, steady=steady, seq=len(self._events))
            self._write(stamped)
            self._events.append(stamped)
            for listener in self._listeners:
                listener(stamped)
        return stamped

    def listen(self, listener: Listener) -> None:
        """Call `listener` with each event from now on; it must be quick and must not raise."""
        with self._lock:
            self._listeners.append(listener)

    def so_far(self) -> History:
        """Give the history as it stands."""
        with self._lock:
            return History(tuple(self._events))

    def close(self) -> None:
        """Close the file; closing twice is fine."""
        with self._lock:
            self._file.close()

    def _write(self, event: Event) -> None:
        try:
            self._file.write(_encode(event) + b"\n")
        except (OSError, ValueError) as error:
            message = f"the history {self.path} could not be written: {error}. Nothing after this can be judged."
            raise HarnessError(message) from error

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

    @classmethod
    def read(cls, path: Path) -> History:
        """Read a history file, as much of it as can be read.

        Raises:
            HarnessError: when there is no such file.
        """
        try:
            lines = path.read_bytes().splitlines()
        except OSError as error:
            message = (
                f"there is no history to read at {path}: {error.strerror}. A run keeps it as runs/*/history.jsonl."
            )
            raise HarnessError(message) from error
        events: list[Event] = []
        damage: list[str] = []
        for number, line in enumerate(lines, start=1):
            try:
                events.append(_decoder.decode(line))
            except msgspec.MsgspecError as error:
                damage.append(f"line {number} of {path.name} cannot be read: {error}")
        history = cls(tuple(events), tuple(damage))
        return history._checked(path)

    def of(self, *kinds: type[Kind]) -> tuple[Kind, ...]:
        """Give the events of these kinds."""
        return tuple(event for event in self.events if isinstance(event, kinds))

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
            message = "the history does not say which run it is of: it has no run_started event."
            raise HarnessError(message)
        return found

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def _checked(self, path: Path) -> History:
        run = self.first(RunStarted)
        if run is not None and run.schema > SCHEMA:
            note = f"{path.name} has schema {run.schema}; this pizza-chaos reads up to {SCHEMA}. Use a newer one."
            return History(self.events, (*self.damage, note))
        return self


def history_of(events: Sequence[Event]) -> History:
    """Make a history of events that already say when they happened, numbering them (for tests and judges)."""
    return History(tuple(msgspec.structs.replace(event, seq=number) for number, event in enumerate(events)))
