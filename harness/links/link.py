"""A link: an arrow of the system under test, the toxics on it, and the connections that pass through it.

Rules of this file: no sockets, no clock. What a toxic does on a connection depends on the seed, the names of link and
toxic, the connection's number and what passes through it, and on nothing else: so a run replays, and toxicity is rolled
once for a connection, whatever changes around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from functools import partial
from random import Random

from harness.events import Event, FaultApplied, FaultHit, FaultRemoved
from harness.faults.toxics.attributes import written
from harness.faults.toxics.toxic import Toxic
from harness.links.commands import Commands
from harness.links.stage import Pace, Stage
from harness.links.stream import Stream


class Direction(Enum):
    """Which way data flows."""

    UPSTREAM = "upstream"
    """From the client to the server."""
    DOWNSTREAM = "downstream"
    """From the server to the client."""

    __hash__ = object.__hash__  # an Enum's own is Python code, and runs several times for each connection

    @property
    def other(self) -> Direction:
        """The other way."""
        return Direction.UPSTREAM if self is Direction.DOWNSTREAM else Direction.DOWNSTREAM


@dataclass(frozen=True, slots=True)
class LinkToxic:
    """A toxic on a link."""

    name: str
    """Its own on this link, over both directions."""
    toxic: Toxic
    """What it does."""
    direction: Direction = Direction.DOWNSTREAM
    """Which direction it spoils."""
    toxicity: float = 1.0
    """How likely a connection meets it: 1 for all, 0 for none."""
    ttl: timedelta | None = None
    """How long until it heals itself, in incident time; None for not at all."""


@dataclass(slots=True)
class Flow:
    """How much went one way over a link, live."""

    straight_bytes: int = 0
    """Passed on untouched; one sum, because it is taken for each piece of data that no toxic slows down."""
    into_toxics_bytes: int = 0
    """Read from senders for toxics to see."""
    out_of_toxics_bytes: int = 0
    """Written to receivers after that."""

    @property
    def received_bytes(self) -> int:
        """How much was read from senders."""
        return self.straight_bytes + self.into_toxics_bytes

    @property
    def sent_bytes(self) -> int:
        """How much was written to receivers."""
        return self.straight_bytes + self.out_of_toxics_bytes


_UP, _DOWN = Direction  # by the class's name, each look at one takes longer than making a stream


def _two_streams() -> dict[Direction, Stream]:
    return {_UP: Stream(), _DOWN: Stream()}


@dataclass(slots=True)
class Connection:
    """One client's connection through a link."""

    number: int
    """From 1, in the order of arrival."""
    client: str
    """Who it is, for the history."""
    streams: dict[Direction, Stream] = field(default_factory=_two_streams)
    """Its two directions."""


MOST_HITS_KEPT = 100
"""So many hits of a toxic are told one by one; the rest is a count."""

Made = tuple[Connection, Direction, Commands]
Outcome = list[Made]
"""What is to be carried out where."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that a toxic spoilt: a connection, or a reply on one."""

    connection: int
    """The connection's number."""
    client: str
    """Who it is."""
    request: str
    """Which request's reply, as `POST /api/order`; "" for the connection as a whole."""
    at: float
    """When, in link seconds."""


@dataclass(slots=True)
class _Attached:
    """A toxic on the link, with what has become of it so far."""

    settings: LinkToxic
    heals_at: float | None
    memory: object
    pace: Pace = field(default_factory=Pace)
    hits: int = 0
    first_hits: list[Hit] = field(default_factory=list)

    @property
    def pace_of_one(self) -> Pace:
        """What a connection's stage keeps its pace by: all by the same one when the toxic is shared."""
        return self.pace if self.settings.toxic.is_shared else Pace()


class Link:
    """The toxics on an arrow, applied to each connection through it.

    Args:
        name: its own.
        seed: with it, the same connections meet the same.
        record: given an event when a toxic is added, first hits something, and is removed.
    """

    def __init__(self, name: str, *, seed: int = 0, record: Callable[[Event], object] = lambda _: None) -> None:
        self.name = name
        self.flows = {direction: Flow() for direction in Direction}
        """How much went through, each way."""
        self._seed = seed
        self._record = record
        self._toxics: dict[str, _Attached] = {}
        self._connections: dict[int, Connection] = {}
        self._opened = 0

    @property
    def toxics(self) -> tuple[LinkToxic, ...]:
        """What is on it: first all of the upstream direction, then all of the downstream, each in order of arrival."""
        attached = [attached.settings for attached in self._toxics.values()]
        return tuple(settings for direction in Direction for settings in attached if settings.direction is direction)

    @property
    def is_untouched(self) -> bool:
        """Whether no toxic is on it."""
        return not self._toxics

    @property
    def hits(self) -> dict[str, int]:
        """How many connections each toxic did something to, or replies where it spoils those."""
        return {name: attached.hits for name, attached in self._toxics.items()}

    def first_hits(self, name: str) -> tuple[Hit, ...]:
        """Say which connections and requests a toxic hit first: as many as are kept."""
        return tuple(self._toxics[name].first_hits)

    @property
    def opened(self) -> int:
        """How many connections there have been."""
        return self._opened

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Those that are open."""
        return tuple(self._connections.values())

    @property
    def heals_at(self) -> float | None:
        """When the next toxic heals itself, in link seconds."""
        return min((held.heals_at for held in self._toxics.values() if held.heals_at is not None), default=None)

    # Connections

    def open(self, client: str) -> Connection:
        """Let a client in; no toxic touches it before it begins."""
        self._opened += 1
        return Connection(self._opened, client)

    def begin(self, connection: Connection, *, now: float) -> Outcome:
        """Let a connection's data flow, through the toxics it meets."""
        self._connections[connection.number] = connection
        if not self._toxics:  # as it is mostly: so each step that this saves is worth it
            return []
        return [made for attached in self._toxics.values() for made in self._meet(attached, connection, now=now)]

    def close(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        self._connections.pop(connection.number, None)

    # Toxics

    def add(self, settings: LinkToxic, *, now: float) -> Outcome:
        """Put a toxic at the end of its direction, on open connections too. Its name must be free.

        Evidence: FaultApplied; FaultHit when it first does something.
        """
        heals_at = None if settings.ttl is None else now + settings.ttl.total_seconds()
        attached = self._toxics[settings.name] = _Attached(settings, heals_at, settings.toxic.remember())
        self._tell_applied(settings)
        return [made for connection in self.connections for made in self._meet(attached, connection, now=now)]

    def change(self, settings: LinkToxic, *, now: float, by: str = "heal") -> Outcome:
        """Give the toxic of that name another strength and toxicity, on open connections too; each keeps its roll.

        Args:
            settings: with a time to live, that begins anew; without, the one that it has goes on.
            now: link seconds.
            by: who changed it, for the history.

        Evidence: FaultRemoved for what it was, FaultApplied for what it is; the hits of that are counted anew.
        """
        attached = self._toxics[settings.name]
        there = attached.settings
        attached.settings = replace(there, toxic=settings.toxic, toxicity=settings.toxicity)
        if settings.ttl is not None:
            attached.settings = replace(attached.settings, ttl=settings.ttl)
            attached.heals_at = now + settings.ttl.total_seconds()
        if (settings.toxic, settings.toxicity) == (there.toxic, there.toxicity):
            return []
        self._tell_removed(there, attached, by=by)
        attached.hits, attached.first_hits = 0, []
        self._tell_applied(attached.settings)
        return [made for connection in self.connections for made in self._change(attached, connection, now=now)]

    def remove(self, name: str, *, now: float, by: str = "heal") -> Outcome:
        """Take a toxic off; what it held goes on at once.

        Args:
            name: which.
            now: link seconds.
            by: who ended it, for the history.

        Evidence: FaultRemoved, with how many connections it hit, or replies where it spoils those, with the first.
        """
        attached = self._toxics.pop(name)
        settings = attached.settings
        self._tell_removed(settings, attached, by=by)
        return [made for connection in self.connections for made in self._leave(settings, connection, now=now)]

    def heal_due(self, now: float) -> Outcome:
        """Take those toxics off whose time is over."""
        due = [name for name, held in self._toxics.items() if held.heals_at is not None and held.heals_at <= now]
        return [made for name in due for made in self.remove(name, now=now, by="time to live")]

    # One toxic on one connection

    def _meet(self, attached: _Attached, connection: Connection, *, now: float) -> Outcome:
        settings = attached.settings
        rng = self._rng(settings.name, connection)
        if rng.random() >= settings.toxicity:
            return []
        behaviour, watcher = settings.toxic.begin(attached.memory)
        stage = Stage(
            behaviour, rng=rng, began=now, pace=attached.pace_of_one, on_hit=partial(self._hit, attached, connection)
        )
        met = [self._put(stage, settings.name, direction=settings.direction, connection=connection, now=now)]
        if watcher is not None:
            watching = Stage(watcher, rng=rng, began=now, pace=Pace())
            other = settings.direction.other
            met.append(self._put(watching, settings.name, direction=other, connection=connection, now=now))
        return met

    def _put(self, stage: Stage, name: str, *, direction: Direction, connection: Connection, now: float) -> Made:
        stream, names = connection.streams[direction], list(self._toxics)
        earlier = names[: names.index(name)]
        place = sum(other in earlier for other in stream.toxics)
        return connection, direction, stream.add(name, stage, place=place, now=now)

    def _leave(self, settings: LinkToxic, connection: Connection, *, now: float) -> Outcome:
        return [
            (connection, direction, connection.streams[direction].remove(settings.name, now=now))
            for direction in (settings.direction, settings.direction.other)
            if settings.name in connection.streams[direction].toxics
        ]

    def _change(self, attached: _Attached, connection: Connection, *, now: float) -> Outcome:
        settings = attached.settings
        stream = connection.streams[settings.direction]
        is_met = self._rng(settings.name, connection).random() < settings.toxicity
        if settings.name not in stream.toxics:
            return self._meet(attached, connection, now=now)
        if not is_met:
            return self._leave(settings, connection, now=now)
        commands = stream.change(settings.name, settings.toxic, pace=attached.pace_of_one, now=now)
        return [(connection, settings.direction, commands)]

    def _rng(self, toxic: str, connection: Connection) -> Random:
        # One for each toxic: from one for all, both directions would draw in an order that no seed decides.
        return Random(f"{self._seed}/{self.name}/{connection.number}/{toxic}")

    def _hit(self, attached: _Attached, connection: Connection, request: str, now: float) -> None:
        attached.hits += 1
        if attached.hits > MOST_HITS_KEPT:
            return
        hit = Hit(connection.number, connection.client, request, now)
        attached.first_hits.append(hit)
        if attached.hits == 1:
            settings = attached.settings
            evidence = self._told(hit)
            self._record(FaultHit(fault=settings.toxic.type, id=self._id(settings.name), evidence=evidence))

    # What the history is told

    def _tell_applied(self, settings: LinkToxic) -> None:
        self._record(
            FaultApplied(
                fault=settings.toxic.type,
                id=self._id(settings.name),
                target=self.name,
                sees=settings.toxic.sees,
                parameters={
                    "stream": settings.direction.value,
                    "toxicity": settings.toxicity,
                    **written(settings.toxic),
                },
            )
        )

    def _tell_removed(self, settings: LinkToxic, attached: _Attached, *, by: str) -> None:
        which = tuple(self._told(hit) for hit in attached.first_hits)
        id_ = self._id(settings.name)
        self._record(FaultRemoved(fault=settings.toxic.type, id=id_, by=by, hits=attached.hits, which=which))

    def _told(self, hit: Hit) -> str:
        carried = f"{hit.request} on " if hit.request else ""
        return f"{carried}connection {hit.connection} of {self.name}, from {hit.client}"

    def _id(self, toxic: str) -> str:
        return f"{self.name}/{toxic}"
