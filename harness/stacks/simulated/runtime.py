"""A simulated program's runtime port: virtual time, chance from the seed, and HTTP over the network in memory.

It fills the ports that `pizza_service` and `fake_factory` declare for themselves.

Rules of this file: what a request's work takes may be owed, and is then paid in one go before the program says anything
to anybody, so that nobody can see the difference; a program's clocks count what it owes. A program that is slowed down
or stands still owes nothing: it pays piece by piece, and may be killed between two of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit

import httpx

from harness.ingress.records import Address
from harness.stacks.simulated.world import World
from harness.testing import Exchange, Headers, Network, Request
from pizza_service.runtime import HttpClient

_owed: ContextVar[float | None] = ContextVar("owed", default=None)
"""The seconds that the request of this task owes; None where nothing can be owed."""


class SimulatedRuntime:
    """Time, chance and the network of one program.

    Args:
        name: the program's; no other program of the world has the same chance.
        world: where it runs.
    """

    def __init__(self, name: str, world: World) -> None:
        self.random = world.chance(name)
        self.is_alive = True
        """Whether the program still runs; what is left of one that was killed reaches nobody any more."""
        self.model = world.model
        """How long things take."""
        self.clock_error_seconds = 0.0
        """How far its clock is ahead."""
        self.knows_no: Address | None = None
        """What it seeks under a name that DNS does not know."""
        self.slowdown = 1.0
        """How many times longer its work takes than it should."""
        self._goes_on: asyncio.Event | None = None
        self._pace = world.chance(f"{name}/pace")
        self.world = world
        """Where it runs."""

    def now(self) -> float:
        """Steady seconds now."""
        return self.world.clock.steady() + self.clock_error_seconds + (_owed.get() or 0.0)

    def monotonic(self) -> float:
        """Virtual seconds that never go back."""
        return self.world.loop.time() + (_owed.get() or 0.0)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many virtual seconds."""
        await self.world.loop.sleep(seconds)
        while self._goes_on is not None:
            await self._goes_on.wait()

    def open_account(self) -> None:
        """Let the request of this task owe the time that its work takes, until it settles."""
        _owed.set(0.0)

    def owe(self, least: timedelta) -> bool:
        """Owe the time that a piece of work takes; False where it must be taken at once."""
        owed = _owed.get()
        is_well = self.is_alive and self.slowdown == 1.0 and self._goes_on is None
        if owed is None or not is_well:
            return False
        _owed.set(owed + self.model.draw_seconds(least, self._pace))
        return True

    @property
    def owes(self) -> bool:
        """Whether the request of this task has work to pay for."""
        return bool(_owed.get())

    async def settle(self) -> None:
        """Take the time that is owed: whoever is spoken to next must not hear of the work before it is done."""
        owed = _owed.get()
        if owed:
            _owed.set(0.0)
            await self.sleep(owed)

    def new_id(self) -> str:
        """Make a name nobody else has."""
        return f"{self.random.getrandbits(128):032x}"

    def pace(self, least: timedelta) -> float:
        """Draw how many seconds a piece of work takes this time."""
        return self.model.draw_seconds(least, self._pace) * self.slowdown

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self._goes_on is not None

    def pause(self) -> None:
        """Stand still: whoever waits for time to pass waits on."""
        self._goes_on = self._goes_on or asyncio.Event()

    def resume(self) -> None:
        """Go on."""
        goes_on, self._goes_on = self._goes_on, None
        if goes_on is not None:
            goes_on.set()

    def http(self, *, timeout_seconds: float | None) -> HttpClient:
        """Make a client that gives up after so many seconds of silence; None waits for ever."""
        return ThinClient(self, self.world.network, timeout_seconds=timeout_seconds)


@dataclass(slots=True)  # not frozen: the port has it that a status can be set
class ThinReply:
    """An answer whose head has arrived."""

    status_code: int
    """The HTTP status."""
    url: str
    """Who was asked."""
    exchange: Exchange
    """Brings the rest of it."""
    timeout_seconds: float | None
    """How long the rest may take."""

    async def aread(self) -> bytes:
        """Wait for the whole body."""
        try:
            return await self.exchange.read(patience=self.timeout_seconds)
        except OSError as error:
            raise _as_httpx(error, self.url) from error


class ThinClient:
    """The little of an `httpx.AsyncClient` that the twins use, at a fraction of its cost; its errors are httpx's.

    httpx itself would spend a third of a simulation on reading URLs and headers (facts, simulation.md, section 1).
    """

    def __init__(self, runtime: SimulatedRuntime, network: Network, *, timeout_seconds: float | None) -> None:
        self._runtime = runtime
        self._network = network
        self._timeout_seconds = timeout_seconds

    def stream(
        self, method: str, url: str, *, content: bytes, headers: Mapping[str, str]
    ) -> AbstractAsyncContextManager[ThinReply]:
        """Send a request; entering waits for the head of the answer."""
        return _Stream(self, url, Request(method, _place(url).target, _headers(url, content, headers), content))

    async def aclose(self) -> None:
        """Let go of nothing: each request has a connection of its own."""

    async def ask(self, url: str, request: Request) -> ThinReply:
        """Send a request and wait for the head of the answer."""
        address, patience = _place(url).address, self._timeout_seconds
        await self._runtime.settle()
        try:
            if not self._runtime.is_alive:
                raise ConnectionRefusedError("the program that asks is gone")
            if address == self._runtime.knows_no:
                raise ConnectionRefusedError("DNS knows no such name")
            exchange = await self._network.ask(address, request, patience=patience)
        except OSError as error:
            raise _as_httpx(error, url) from error
        return ThinReply(exchange.status, url, exchange, patience)


class _Stream(AbstractAsyncContextManager[ThinReply]):
    """An answer for as long as a block reads it."""

    def __init__(self, client: ThinClient, url: str, request: Request) -> None:
        self._client = client
        self._url = url
        self._request = request

    async def __aenter__(self) -> ThinReply:
        self._reply = await self._client.ask(self._url, self._request)
        return self._reply

    async def __aexit__(self, *exception: object) -> None:
        if not self._reply.exchange.is_complete:
            self._reply.exchange.leave()


@dataclass(frozen=True, slots=True)
class _Place:
    """What a URL says."""

    address: Address
    target: bytes
    host: bytes


@cache
def _place(url: str) -> _Place:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return _Place(Address.parse(parts.netloc), target.encode(), parts.netloc.encode())


def _headers(url: str, content: bytes, given: Mapping[str, str]) -> Headers:
    named = [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()]
    return [(b"host", _place(url).host), (b"content-length", b"%d" % len(content)), *named]


def _as_httpx(error: OSError, url: str) -> Exception:
    """Give what httpx would raise; an error that it knows nothing of as it is."""
    match error:
        case ConnectionRefusedError():
            return httpx.ConnectError(f"{url}: {error}")
        case ConnectionResetError():
            return httpx.RemoteProtocolError(f"{url}: {error}")
        case TimeoutError():
            return httpx.ReadTimeout(f"{url}: silent for too long")
        case _:
            return error
