"""Whether a toxic keeps the promises that every toxic makes, found out without sockets and without waiting.

    def test_my_toxic_keeps_every_promise() -> None:
        check_toxic(MyToxic(delay=timedelta(seconds=1)))

`play` is of use on its own: it tells what comes out of a link when, for a script of what goes in.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from harness.faults.toxics.attributes import read, written
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
from harness.links.link import Direction, Link, LinkToxic, Outcome

HORIZON_SECONDS = 1e6
"""Where a play ends: beyond every wait that a toxic under test should have."""

MOST_STEPS = 100_000
"""A play that takes more never ends."""

Script = Sequence[tuple[float, bytes]]
"""When which data comes; b"" is the end of the stream."""


@dataclass(slots=True)
class Played:
    """What came out of one direction of a connection."""

    commands: list[tuple[float, Command]] = field(default_factory=list)
    """Everything but the wishes to be woken and to read or not, with when."""
    waits: list[float] = field(default_factory=list)
    """Every instant for which the link asked to be woken."""
    hits: int = 0
    """How often the toxics hit, but for those that were removed."""

    @property
    def data(self) -> bytes:
        """All data that came out."""
        return b"".join(command.data for _, command in self.commands if isinstance(command, Write))

    @property
    def ending(self) -> Command | None:
        """How it ended, if it did."""
        last = self.commands[-1][1] if self.commands else None
        return last if isinstance(last, EndWriting | CloseConnection | ResetConnection) else None


def script_of(seed: int = 0, *, pieces: int = 12) -> list[tuple[float, bytes]]:
    """Make up what a sender sends: pieces of any size with pauses of any length between them, and the end."""
    rng = Random(seed)
    instants = sorted(rng.uniform(0, 2) for _ in range(pieces))
    made = [(at, rng.randbytes(rng.choice((1, 10, 1000, 20_000)))) for at in instants]
    return [*made, (2.5, b"")]


def play(toxics: Iterable[Toxic], script: Script, *, removed_at: float = math.inf, seed: int = 0) -> Played:
    """Send a script through a link with these toxics, in no time.

    The link is also woken half-way through each wait, as event loops do that fire early: nothing may come of it.

    Args:
        toxics: in the order in which they are on the link.
        script: what the sender sends.
        removed_at: when all of them are removed again.
        seed: the link's.

    Raises:
        AssertionError: when it never ends.
    """
    player = _Player(seed)
    player.begin(toxics)
    inputs = deque(script)
    for _ in range(MOST_STEPS):
        due = inputs[0][0] if inputs else math.inf
        now = min(due, removed_at, player.wakes[0] if player.wakes else math.inf)
        if now > HORIZON_SECONDS:
            return player.finished()
        if now == removed_at:
            removed_at = math.inf
            player.remove_all(now)
        elif now == due:
            player.send(inputs.popleft()[1], now)
        else:
            player.wake()
    message = f"{list(toxics)} never comes to an end: after {MOST_STEPS} steps it still wants to be woken."
    raise AssertionError(message)


class _Player:
    """A link with one connection, and when it wants to be woken."""

    def __init__(self, seed: int) -> None:
        self.played = Played()
        self.wakes: list[float] = []
        self._link = Link("played", seed=seed)
        self._connection = self._link.open("a client")
        self._stream = self._connection.streams[Direction.DOWNSTREAM]
        self._link.begin(self._connection, now=0.0)

    def begin(self, toxics: Iterable[Toxic]) -> None:
        for number, toxic in enumerate(toxics):
            self._note_all(self._link.add(LinkToxic(f"{number}", toxic), now=0.0), 0.0)

    def send(self, data: bytes, now: float) -> None:
        self._note(self._stream.receive(data, now=now) if data else self._stream.finish(now), now)

    def wake(self) -> None:
        now = heapq.heappop(self.wakes)
        self._note(self._stream.wake(now), now)

    def finished(self) -> Played:
        self.played.hits = sum(self._link.hits.values())
        return self.played

    def remove_all(self, now: float) -> None:
        for settings in self._link.toxics:
            self._note_all(self._link.remove(settings.name, now=now), now)

    def _note_all(self, outcome: Outcome, now: float) -> None:
        for _, _, commands in outcome:
            self._note(commands, now)

    def _note(self, commands: Commands, now: float) -> None:
        for command in commands:
            if isinstance(command, WakeAt):
                if command.at not in self.wakes:
                    heapq.heappush(self.wakes, command.at)
                    heapq.heappush(self.wakes, (now + command.at) / 2)
                self.played.waits.append(command.at)
            elif not isinstance(command, PauseReading | ResumeReading):
                self.played.commands.append((now, command))


def check_toxic(toxic: Toxic, *, seed: int = 0) -> None:
    """Raise an AssertionError that names the first promise this toxic breaks.

    The promises: it says what a user will see; the API shows it as it is; the same seed does the same again; nothing
    happens earlier than it should; it counts a hit if it alters a byte or an instant, and else none; data comes out as
    it went in unless the toxic says that it drops some; its removal, at any moment of any wait, lets go of all that it
    held; and later connections know nothing of it.
    """
    assert toxic.sees, f"{toxic} does not say what a user will see."
    assert read(type(toxic), written(toxic)) == toxic, f"{toxic} is not what the API shows: {written(toxic)}."
    script = script_of(seed)
    first, again = (play([toxic], script, seed=seed) for _ in range(2))
    # Two words, for pytest would write a difference of thousands of commands out, and take minutes to find it.
    is_repeatable = first == again
    assert is_repeatable, f"{toxic} does something else with the same seed."
    is_altered = first.commands != play([], script, seed=seed).commands
    assert is_altered or not first.hits, f"{toxic} counts {first.hits} hits, and alters no byte and no instant."
    assert first.hits or not is_altered, f"{toxic} alters what passes, and counts no hit."
    for instant in _instants(first, script):
        _check_removal(toxic, script=script, instant=instant, seed=seed)
    _check_healing(toxic)


def _instants(played: Played, script: Script) -> Iterator[float]:
    """Give moments in which something may be waiting, moments between those, and one after everything."""
    moments = sorted({0.0, *(at for at, _ in script), *played.waits})
    every = max(1, len(moments) // 25)  # of a bandwidth's thousands of waits, these tell as much
    for before, after in zip(moments[::every], moments[1::every], strict=False):
        yield before
        yield (before + after) / 2
    yield HORIZON_SECONDS / 2


def _check_removal(toxic: Toxic, *, script: Script, instant: float, seed: int) -> None:
    played = play([toxic], script, removed_at=instant, seed=seed)
    arrivals = {at for at, _ in script}
    for at, _ in played.commands:
        is_planned = at in arrivals or at == instant or (at in played.waits and at < instant)
        assert is_planned, f"{toxic}, removed at {instant}, did something at {at}, for which it had not asked."
    assert played.ending is not None, f"the connection never ends after {toxic} was removed at {instant}."
    sent = b"".join(data for _, data in script)
    if not toxic.drops_data:
        is_whole = played.data == sent
        assert is_whole, f"{toxic}, removed at {instant}, lost or changed data, and does not say so."
    assert len(played.data) <= len(sent), f"{toxic} makes data up."


def _check_healing(toxic: Toxic) -> None:
    link = Link("healed")
    link.add(LinkToxic("toxic", toxic), now=0.0)
    link.begin(link.open("before"), now=1.0)
    link.remove("toxic", now=2.0)
    later = link.open("after")
    assert not link.begin(later, now=3.0), f"{toxic} meets a connection that came after its removal."
    assert all(stream.is_untouched for stream in later.streams.values()), f"{toxic} outlives its removal."
