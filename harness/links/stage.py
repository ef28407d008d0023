"""One toxic on one direction of one connection: a queue, and what the toxic wants done with its head.

Rules of this file: the toxic is asked once for each head of the queue, and once when the queue is empty; its answer
stands until it was carried out, until something comes into the empty queue, or until the toxic is changed, and then it
is asked again. Only what it has taken out of the queue to send it later is sent in any case. What is in the queue
leaves it in order, and leaves only because the toxic said so or is removed.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from random import Random

from harness.faults.toxics.toxic import (
    AT_ONCE,
    Behaviour,
    Close,
    Command,
    Commands,
    Drop,
    Keep,
    Moment,
    Pass,
    Reset,
    Send,
)


class Ending(Enum):
    """How a stream ends."""

    END = "the sender closed its half"
    CLOSE = "a toxic closed the connection"
    RESET = "a toxic reset the connection"


Item = bytes | Ending
"""What moves from stage to stage: data, and one ending after it."""


@dataclass(slots=True)
class Pace:
    """When a toxic is done with what came before; one for a connection, or one for all when the toxic is shared."""

    free: float = AT_ONCE


class Stage:
    """Asks a toxic what to do, and does it when its time comes.

    Args:
        toxic: what to ask.
        rng: seeded for this toxic on this connection.
        began: link seconds when the toxic and the connection met.
        pace: shared with the toxic's other stages when the toxic is shared.
        on_hit: called when the toxic first does something to the connection, and for each reply if it counts those,
            with the request ("" where it knows none) and link seconds.
    """

    __slots__ = (
        "_began",
        "_held_bytes",
        "_is_over",
        "_on_hit",
        "_pace",
        "_passed_bytes",
        "_plan",
        "_previous",
        "_queue",
        "_rng",
        "_taken_bytes",
        "_was_hit",
        "toxic",
    )

    def __init__(
        self,
        toxic: Behaviour,
        *,
        rng: Random,
        began: float,
        pace: Pace,
        on_hit: Callable[[str, float], None] = lambda _request, _now: None,
    ) -> None:
        self.toxic = toxic
        self._rng = rng
        self._began = began
        self._pace = pace
        self._on_hit = on_hit
        self._was_hit = False
        self._queue: deque[tuple[Item, float]] = deque()
        self._taken_bytes = 0  # of the queue's head
        self._held_bytes = 0
        self._passed_bytes = 0
        self._plan: deque[Command] = deque()
        self._previous: Command | None = None
        self._is_over = False

    @property
    def due(self) -> float:
        """When there is something to do next, in link seconds; infinity when nothing is planned."""
        return self._plan[0].at if self._plan else math.inf

    @property
    def fill(self) -> float:
        """How full the queue is; above 1, the sender should pause."""
        return self._held_bytes / self.toxic.most_held_bytes

    def take(self, item: Item, *, now: float) -> None:
        """Put what came at the end of the queue."""
        if self._is_over:
            return
        if not self._queue:
            self._replan()
        self._queue.append((item, now))
        if isinstance(item, bytes):
            self._held_bytes += len(item)

    def run(self, now: float) -> list[Item]:
        """Do all that is due, and give what goes on to the next stage."""
        gone_on: list[Item] = []
        while not self._is_over:
            if not self._plan:
                self._plan.extend(self._ask(now))
            if not self._plan or self._plan[0].at > now:
                break
            self._carry_out(self._plan.popleft(), gone_on, now)
        return gone_on

    def change(self, toxic: Behaviour, *, pace: Pace, now: float) -> None:
        """Go on with other settings: the toxic is asked again about the head of the queue, from when that came.

        Args:
            toxic: the new settings.
            pace: what to keep pace by if the toxic is shared now and was not, or the other way round.
            now: link seconds.
        """
        if toxic.is_shared is not self.toxic.is_shared:
            self._pace = pace
        if not self._plan:  # the time for which it let nothing through is not made up for in a burst
            self._pace.free = max(self._pace.free, now)
        self.toxic = toxic
        self._was_hit = False
        self._replan()

    def dissolve(self) -> list[Item]:
        """Give all that was held, at once, because the toxic is removed."""
        if self._is_over:
            return []
        self._replan()
        commands = self.toxic.on_removal()
        gone_on: list[Item] = [sent.data for sent in (*self._plan, *commands) if isinstance(sent, Send) and sent.data]
        gone_on += [self._leave() for _ in range(len(self._queue))]
        self._is_over = True
        return gone_on + [Ending.CLOSE for command in commands if isinstance(command, Close)]

    def _replan(self) -> None:
        """Forget what was planned, except to send what the toxic has taken out of the queue."""
        if self._plan:
            self._plan = deque(command for command in self._plan if isinstance(command, Send))

    def _ask(self, now: float) -> Commands:
        item, arrived = self._queue[0] if self._queue else (None, self._began)
        data = memoryview(item if isinstance(item, bytes) else b"")[self._taken_bytes :]
        moment = Moment(
            now=now,
            began=self._began,
            arrived=arrived,
            free=self._pace.free,
            size_bytes=len(data),
            passed_bytes=self._passed_bytes,
            previous=self._previous,
            data=data,
            rng=self._rng,
        )
        if item is None:
            return self.toxic.on_silence(moment)
        commands = self.toxic.on_data(moment) if isinstance(item, bytes) else self.toxic.on_end(moment)
        if not _lets_through(commands, moment) and (self.toxic.counts_replies or not self._was_hit):
            for request in self.toxic.take_hits() or ("",):
                self._hit(request, now)
        if commands and self.toxic.is_shared:
            self._pace.free = max(self._pace.free, commands[-1].at)
        return commands

    def _carry_out(self, command: Command, gone_on: list[Item], now: float) -> None:
        self._previous = command
        # What was due counts, not when we came to it: so lateness does not add up.
        self._pace.free = max(self._pace.free, now if command.at == AT_ONCE else command.at)
        match command:
            case Pass():
                gone_on.append(self._leave(command.size_bytes))
                self._note_passed(gone_on[-1])
            case Drop():
                self._leave(command.size_bytes)
            case Keep():
                planned = list(self._plan)
                self._leave()
                self._plan.extend(planned)
            case Send():
                gone_on.extend([command.data] if command.data else [])
            case Close() | Reset():
                if not self._was_hit:
                    self._hit("", now)
                self._is_over = True
                gone_on.append(Ending.CLOSE if isinstance(command, Close) else Ending.RESET)

    def _note_passed(self, item: Item) -> None:
        if isinstance(item, bytes):
            self._passed_bytes += len(item)
        else:
            self._is_over = True

    def _leave(self, size_bytes: int | None = None) -> Item:
        """Take so much from the head of the queue; with the last of it goes what was planned for it."""
        item, _ = self._queue[0]
        if isinstance(item, bytes):
            start = self._taken_bytes
            end = len(item) if size_bytes is None else min(len(item), start + max(1, size_bytes))
            self._held_bytes -= end - start
            if end < len(item):
                self._taken_bytes = end
                return item[start:end]
            item = item[start:]
        self._queue.popleft()
        self._taken_bytes = 0
        self._plan.clear()
        return item

    def _hit(self, request: str, now: float) -> None:
        self._was_hit = True
        self._on_hit(request, now)


def _lets_through(commands: Commands, moment: Moment) -> bool:
    match commands[:1]:
        case (Pass(size_bytes=size, at=at),):
            return (size is None or size >= moment.size_bytes) and at <= moment.now
        case (Keep() | Send(),):
            return all(
                isinstance(made, Keep | Pass) or (isinstance(made, Send) and made.is_original) for made in commands
            )
        case _:
            return False
