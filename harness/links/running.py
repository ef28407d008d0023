"""A link on real sockets: it listens, takes clients in and connects each to its upstream."""

from __future__ import annotations

import asyncio
import logging
import math
import resource
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from harness.events import Event
from harness.links.addresses import Resolved, joined, listen, resolve
from harness.links.conversation import Conversation, Surroundings
from harness.links.deadlines import Deadlines
from harness.links.dialling import Dialling
from harness.links.link import Hit, Link, LinkToxic, Outcome
from harness.links.outages import DOWN, Place
from harness.links.refusals import no_such_toxic, toxic_exists
from harness.links.sockets import accepted
from harness.links.watch import Watch

MOST_ACCEPTED = 8
"""How many clients are let in before others are looked after: so few that they leave files to call the upstream."""

FULL_SECONDS = 0.1
"""How long nobody is let in when the process has no files left."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where a link is."""

    name: str
    """Its own."""
    upstream: str
    """Where it leads: host and port."""
    listen: str = "127.0.0.1:0"
    """Where it listens; port 0 for any that is free."""
    is_enabled: bool = True
    """Whether it listens; if not, connections to it are refused."""
    ttl: timedelta | None = None
    """How long until it listens again by itself, if it does not, in incident time; None for not at all."""
    called: str = DOWN
    """What it is called in the history if it listens no more."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What drives a link: its time, and what wakes it."""

    now: Callable[[], float]
    """Link seconds; steady seconds inside a run."""
    speed: float
    """Link seconds in a wall second."""
    deadlines: Deadlines
    """Wakes it at instants."""
    watch: Watch
    """Wakes it when a socket can be read or written."""


class RunningLink:
    """A link on real sockets.

    Args:
        settings: where it is.
        engine: what drives it.
        seed: with it, the same connections meet the same.
        record: given an event when a toxic is added, first hits something, and is removed.

    Cleanup: `stop` closes the listening socket and every connection.
    """

    def __init__(
        self,
        settings: LinkSettings,
        *,
        engine: Engine,
        seed: int = 0,
        record: Callable[[Event], object] = lambda _: None,
    ) -> None:
        self.name = settings.name
        self.upstream = settings.upstream
        self.listen = settings.listen
        """Where it listens: as asked for, and once it has listened, as it really was."""
        self.ttl: timedelta | None = None
        """How long until it listens again by itself, from when that was said; None for not at all."""
        self.enables_at = math.inf
        """When that is, in link seconds."""
        self.link = Link(settings.name, seed=seed, record=record)
        """The toxics, and what has passed through."""
        self._engine = engine
        self._listener: socket.socket | None = None
        self._conversations: dict[int, Conversation] = {}
        self._is_full = False
        self._around = Surroundings(
            link=self.link,
            deadlines=engine.deadlines,
            now=engine.now,
            watch=engine.watch,
            dial=lambda answered, failed: Dialling(self.upstream, watch=engine.watch, answered=answered, failed=failed),
            gone=self._gone,
        )

    @property
    def is_enabled(self) -> bool:
        """Whether it listens."""
        return self._listener is not None

    @property
    def place(self) -> Place | None:
        """Where it listens and leads; None if it does not listen."""
        return Place(self.listen, self.upstream) if self.is_enabled else None

    @property
    def open_connections(self) -> int:
        """How many clients are connected."""
        return len(self._conversations)

    # Listening

    async def start(self) -> None:
        """Listen; when this returns, a connection succeeds. Starting twice is fine.

        Raises:
            Refused: when the address cannot be had.
        """
        self.ttl, self.enables_at = None, math.inf
        if self._listener is not None:
            return
        bound = listen(await resolve(self.listen))
        self.listen = joined(*bound.getsockname()[:2])
        self._listener = bound
        self._await_clients(bound)

    def stop(self) -> None:
        """Stop listening and close every connection at once; stopping twice is fine."""
        if self._listener is None:
            return
        self._engine.watch.stop_reading(self._listener.fileno())
        self._listener.close()
        self._listener = None
        for conversation in list(self._conversations.values()):
            conversation.abort()

    def live(self, ttl: timedelta, enable: Callable[[float], None]) -> None:
        """Let `enable` be called when a time to live is over; unless it is said again, or the link listens before."""
        self.ttl, self.enables_at = ttl, self._engine.now() + ttl.total_seconds()
        self._engine.deadlines.add(self.enables_at, enable)

    async def move(self, *, listen: str, upstream: str) -> None:
        """Listen or lead somewhere else; if that is a change, the link stops first. Its toxics stay.

        Raises:
            Refused: when the listening address cannot be read.
        """
        if upstream != self.upstream or not self.listens_at(await resolve(listen)):
            self.stop()
            self.listen, self.upstream = listen, upstream

    def listens_at(self, address: Resolved) -> bool:
        """Say whether that is where it listens; an address without a port never is."""
        _, host, port = address
        return joined(host, port) == self.listen

    # Toxics

    def toxic(self, name: str) -> LinkToxic:
        """Give the toxic of that name.

        Raises:
            Refused: when there is none.
        """
        found = next((settings for settings in self.link.toxics if settings.name == name), None)
        if found is None:
            raise no_such_toxic()
        return found

    def add(self, settings: LinkToxic) -> None:
        """Put a toxic on the link, on its open connections too.

        Raises:
            Refused: when there is one of that name.
        """
        if any(settings.name == other.name for other in self.link.toxics):
            raise toxic_exists()
        self._carry_out(self.link.add(settings, now=self._engine.now()))
        self._wait_for_healing()

    def change(self, settings: LinkToxic, *, by: str = "heal") -> None:
        """Give the toxic of that name another strength and toxicity, and a time to live from now on if there is one."""
        self._carry_out(self.link.change(settings, now=self._engine.now(), by=by))
        self._wait_for_healing()

    def first_hits(self, name: str) -> list[tuple[Hit, float]]:
        """Say which connections and requests a toxic hit first, each with how many seconds ago.

        Raises:
            Refused: when there is none of that name.
        """
        now = self._engine.now()
        return [(hit, max(0.0, now - hit.at)) for hit in self.link.first_hits(self.toxic(name).name)]

    def remove(self, name: str, *, by: str = "heal") -> None:
        """Take a toxic off; what it held goes on at once.

        Raises:
            Refused: when there is none of that name.
        """
        self._carry_out(self.link.remove(self.toxic(name).name, now=self._engine.now(), by=by))

    def _carry_out(self, outcome: Outcome) -> None:
        for connection, direction, commands in outcome:
            self._conversations[connection.number].carry_out(commands, direction)

    def _wait_for_healing(self) -> None:
        if self.link.heals_at is not None:
            self._engine.deadlines.add(self.link.heals_at, self._heal)

    def _heal(self, now: float) -> None:
        self._carry_out(self.link.heal_due(now))
        self._wait_for_healing()

    # Connections

    def _await_clients(self, listener: socket.socket) -> None:
        if listener is self._listener:
            self._engine.watch.read(listener.fileno(), partial(self._accept, listener))

    def _accept(self, listener: socket.socket) -> None:
        """Let in those who wait, some at a time so that data goes on flowing."""
        family = listener.family
        for _ in range(MOST_ACCEPTED):
            try:
                connected, address = accepted(listener, family=family)
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                self._is_full = False
                return
            except OSError as error:
                self._let_wait(listener, error)
                return
            conversation = Conversation(self._around, connected, client=joined(*address[:2]))
            self._conversations[conversation.connection.number] = conversation
            if self._is_full:  # each needs a file more at once, before others take it
                conversation.start()
            else:  # once all others who wait have been served: most clients have said something by then
                self._engine.watch.afterwards(Conversation.start, conversation)

    def _let_wait(self, listener: socket.socket, error: OSError) -> None:
        """Look away from those who want to come in for a moment, because there are no more files, and say so once."""
        if not self._is_full:
            self._is_full = True
            allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
            _log.warning(
                "link %r lets nobody in for now: %s. This process may have %d files open, and each client takes two. "
                "Those who wait are let in as others leave; `ulimit -n` raises the limit.",
                self.name,
                error.strerror,
                allowed,
            )
        self._engine.watch.stop_reading(listener.fileno())
        asyncio.get_running_loop().call_later(FULL_SECONDS, self._await_clients, listener)

    def _gone(self, conversation: Conversation) -> None:
        self._conversations.pop(conversation.connection.number, None)
