"""One direction of one connection: a chain of toxics between a sender and a receiver.

Rules of this file: events in (data, the end, a moment that has come, a toxic added, changed or removed), commands out;
no sockets, no clock. Every byte that goes in comes out, in order, unless a toxic says that it drops it. After an ending
has come out nothing else does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType

from harness.faults.toxics.toxic import Toxic
from harness.links.commands import (
    CloseConnection,
    Command,
    Commands,
    EndWriting,
    PauseReading,
    ResetConnection,
    ResumeReading,
    WakeAt,
    Write,
)
from harness.links.stage import Ending, Item, Pace, Stage

_LAST: dict[Ending, Command] = {
    Ending.END: EndWriting(),
    Ending.CLOSE: CloseConnection(),
    Ending.RESET: ResetConnection(),
}


class Stream:
    """A chain of stages, in the order in which their toxics were added to the link."""

    # How each begins, in the class: there are two for each connection, and most are never touched.
    is_untouched = True
    """Whether no toxic is on it, so that data may take the shell's fastest path."""
    _stages: Mapping[str, Stage] = MappingProxyType({})
    _is_over = False
    _is_paused = False
    _wakes_at = math.inf

    @property
    def toxics(self) -> tuple[str, ...]:
        """The names of the toxics on it, in order."""
        return tuple(self._stages)

    def begin(self, now: float) -> Commands:
        """Let toxics that count from the beginning start to count."""
        return self._push([], now=now)

    def receive(self, data: bytes, *, now: float) -> Commands:
        """Take data that the sender sent."""
        return self._push([data], now=now)

    def end(self) -> None:
        """Take the end while it is untouched: there is nothing to be done about it."""
        self._is_over = True

    def finish(self, now: float) -> Commands:
        """Take the end of what the sender sends."""
        return self._push([Ending.END], now=now)

    def wake(self, now: float) -> Commands:
        """Do what is due."""
        self._wakes_at = math.inf
        return self._push([], now=now)

    def add(self, name: str, stage: Stage, *, place: int, now: float) -> Commands:
        """Put a toxic into the chain; what comes from now on meets it."""
        chain = list(self._stages.items())
        chain.insert(place, (name, stage))
        self._put(dict(chain))
        return self._push([], now=now)

    def change(self, name: str, toxic: Toxic, *, pace: Pace, now: float) -> Commands:
        """Give a toxic other settings; what it holds is looked at again."""
        if name in self._stages:
            stage = self._stages[name]
            stage.change(toxic.resume(stage.toxic), pace=pace, now=now)
        return self._push([], now=now)

    def remove(self, name: str, *, now: float) -> Commands:
        """Take a toxic out of the chain; what it held goes on at once."""
        if name not in self._stages:
            return []
        place = self.toxics.index(name)
        held = self._stages[name].dissolve()
        self._put({other: stage for other, stage in self._stages.items() if other != name})
        return self._push(held, place=place, now=now)

    def _put(self, stages: Mapping[str, Stage]) -> None:
        self._stages = stages
        self.is_untouched = not stages

    def _push(self, items: list[Item], *, now: float, place: int = 0) -> Commands:
        """Send items into the chain before the stage at `place`, and collect what comes out of its end."""
        if self._is_over:
            return []
        if not self._stages and not self._is_paused:
            return list(self._commands(items))
        for stage in islice(self._stages.values(), place, None):
            for item in items:
                stage.take(item, now=now)
            items = stage.run(now) if Ending.RESET not in items else items
        return [*self._commands(items), *self._wishes()]

    def _commands(self, items: Iterable[Item]) -> Iterable[Command]:
        for item in items:
            if isinstance(item, bytes):
                yield Write(item)
            else:
                self._is_over = True
                yield _LAST[item]
                return

    def _wishes(self) -> Iterable[Command]:
        if self._is_over:
            return
        due = min((stage.due for stage in self._stages.values()), default=math.inf)
        if due < self._wakes_at:
            self._wakes_at = due
            yield WakeAt(due)
        fill = max((stage.fill for stage in self._stages.values()), default=0.0)
        if fill > (0.5 if self._is_paused else 1):
            if not self._is_paused:
                self._is_paused = True
                yield PauseReading()
        elif self._is_paused:
            self._is_paused = False
            yield ResumeReading()
