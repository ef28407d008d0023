"""A person's browser in a simulation: the manners of harness/load/browser.py, on the network in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from sys import intern

import msgspec

from harness.clock import VirtualClock
from harness.events import RequestFinished
from harness.ingress.dns import Manner
from harness.ingress.records import Address, Zone
from harness.ingress.resolver import ATTEMPTS, NameNotFound, ResolverTroubled, TtlCache
from harness.load.browser import JUST_USED_SECONDS, NoReply
from harness.load.diners import Call, Where
from harness.load.outcomes import SAFE_METHODS, Reply, Trouble, replied, unanswered
from harness.stacks.simulated.world import World
from harness.testing import Connection, Headers, Network, Request
from harness.testing.limits import Patience


@dataclass(frozen=True, slots=True)
class SimulatedPlace:
    """Somewhere a browser goes."""

    host: str
    """What the Host header says."""
    find: Callable[[], Awaitable[Address]]
    """Gives its address; may raise what a resolver raises, and take its time."""


class SimulatedNameServer:
    """Answers from a zone, in whatever manner.

    Args:
        zone: the DNS records.
    """

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.manner = Manner()
        """How it treats those who ask."""


class ZoneResolver:
    """Turns a site name into an address: asks the name server, and believes its answer for as long as that lives.

    Args:
        server: whom it asks.
        clock: the scenario's.
        patience: how long it waits for an answer, before it asks once more.
    """

    def __init__(self, server: SimulatedNameServer, *, clock: VirtualClock, patience: timedelta) -> None:
        self._server = server
        self._clock = clock
        self._patience = patience
        self._cache = TtlCache()

    async def resolve(self, name: str) -> Address:
        """Give the address that a site name points at, as far as this client may know.

        Raises:
            NameNotFound: when the zone has no such name.
            ResolverTroubled: when the name server gives no answer that can be used.
        """
        asked = self._clock.steady()
        kept = self._cache.find(name, now=asked)
        if kept is not None:
            return kept
        await self._wait_for_an_answer(name)
        record = self._server.zone.find(name)
        if record is None:
            message = f"the zone knows no {name!r}"
            raise NameNotFound(message)
        self._cache.keep(name, record.address, ttl=record.ttl, now=asked)
        return record.address

    async def _wait_for_an_answer(self, name: str) -> None:
        for _ in range(ATTEMPTS):
            manner = self._server.manner
            late = timedelta(seconds=manner.delay_seconds)
            if manner.fails or late:
                manner.noticed()
            if late:
                await self._clock.sleep(min(late, self._patience))
            if late < self._patience:
                break
        if late >= self._patience or manner.fails:
            message = f"the name server gave no usable answer when asked for {name!r}"
            raise ResolverTroubled(message)


class SimulatedBrowser:
    """One person's connections.

    Args:
        who: the person, for the history.
        places: where they go.
        world: where they live.
        patience: how long they wait for a reply.
    """

    def __init__(self, who: str, places: Mapping[Where, SimulatedPlace], *, world: World, patience: timedelta) -> None:
        self._who = who
        self._visits = {where: _Visit(place, world.network) for where, place in places.items()}
        self._clock = world.clock
        self._loop = world.loop
        self._patience_seconds = patience.total_seconds()

    async def make(self, call: Call) -> tuple[Reply, RequestFinished]:
        """Make a call; give what came of it, and the event that says so."""
        started = self._clock.steady()
        try:
            with Patience(self._patience_seconds, self._loop):
                status, raw = await self._visits[call.where].ask(call)
        except TimeoutError:
            reply = unanswered(Trouble.TIMED_OUT, method=call.method, sent=True)
        except NoReply as nothing:
            reply = unanswered(nothing.trouble, method=call.method, sent=nothing.sent)
        else:
            reply = replied(status, raw, wrong=call.wrong)
        return reply, self.finished(call, reply, started=started)

    def finished(self, call: Call, reply: Reply, *, started: float) -> RequestFinished:
        """Say in an event that a call which began at `started`, in steady seconds, has ended now."""
        now = self._clock.steady()
        return RequestFinished(
            steady=now,
            diner=self._who,
            operation=call.operation,
            method=call.method,
            path=call.path,
            address=self._visits[call.where].address,
            started=self._clock.timeline.incident(started),
            latency_seconds=round(now - started, 6),
            outcome=reply.outcome,
            status=reply.status,
            error=reply.error,
            cause=reply.cause,
            report_url=reply.report_url,
        )


class _Visit:
    """The connection to one place, kept alive between requests."""

    def __init__(self, place: SimulatedPlace, network: Network) -> None:
        self._place = place
        self._usual_headers = [(b"host", place.host.encode()), (b"accept", b"application/json")]
        self._network = network
        self._kept: Connection | None = None
        self.address = ""

    async def ask(self, call: Call) -> tuple[int, bytes]:
        """Make a call on the kept connection, or on a new one; a closed one is seen to be closed."""
        connection = self._kept_for(call.method) or await self._connect()
        begun = False
        try:
            reply = await connection.ask(self._request(call))
            begun = True
            return reply.status, await reply.read()
        except ConnectionResetError as broken:
            raise NoReply(Trouble.CUT_SHORT if begun else Trouble.CLOSED, sent=True, begun=begun) from broken

    def _kept_for(self, method: str) -> Connection | None:
        kept = self._kept
        if kept is None or not kept.is_open:
            return None
        return kept if method in SAFE_METHODS or kept.idle_seconds < JUST_USED_SECONDS else None

    async def _connect(self) -> Connection:
        self._kept, self.address = None, ""
        try:
            address = await self._place.find()
            self.address = intern(str(address))  # a history holds it once for each request
            self._kept = self._network.connect(address)
        except NameNotFound as error:
            raise NoReply(Trouble.NAME_NOT_FOUND, sent=False) from error
        except ResolverTroubled as error:
            raise NoReply(Trouble.NO_NAME_SERVER, sent=False) from error
        except ConnectionRefusedError as error:
            raise NoReply(Trouble.REFUSED, sent=False) from error
        return self._kept

    def _request(self, call: Call) -> Request:
        body = b"" if call.body is None else msgspec.json.encode(call.body)
        headers: Headers = self._usual_headers.copy()
        if call.body is not None:
            headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        if call.token:
            headers.append((b"authorization", f"Bearer {call.token}".encode()))
        return Request(call.method, call.path.encode(), headers, body)
