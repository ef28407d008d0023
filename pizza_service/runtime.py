"""The one port through which the service reaches time, chance and the network.

A real process fills it with ``WallRuntime``; a simulated run with a virtual clock and an in-memory network.
All seconds here are incident time, which may run faster than the wall.
"""

import asyncio
import functools
import math
import ssl
import time
import uuid
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Protocol, Self

import httpx

from pizza_service.pace import LOOK_SECONDS, Pace

CLOCK_VARIABLE = "PIZZA_CLOCK"
_CONNECT_LIMIT_SECONDS = 10.0
"""Node's HTTP client gives up connecting after this long, whatever else it waits for."""
_SHORTEST_WAIT_SECONDS = 1.0
"""A network limit is never squeezed below this much real time: a busy machine would fail for no reason."""


class HttpReply(Protocol):
    """An answer whose head has arrived."""

    status_code: int

    async def aread(self) -> bytes:
        """Wait for the whole body."""
        ...


class HttpClient(Protocol):
    """What the service needs of an ``httpx.AsyncClient``; failures are ``httpx.RequestError``."""

    def stream(
        self, method: str, url: str, *, content: bytes, headers: Mapping[str, str]
    ) -> AbstractAsyncContextManager[HttpReply]:
        """Send a request; entering waits for the head of the answer."""
        ...

    async def aclose(self) -> None:
        """Let go of pooled connections."""
        ...


class Runtime(Protocol):
    """Time, chance and the network, as the service sees them."""

    @property
    def random(self) -> Random:
        """The source of chance; a seeded one makes a run repeatable."""
        ...

    def now(self) -> float:
        """Incident time in seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Incident seconds since some fixed moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many incident seconds."""
        ...

    def new_id(self) -> str:
        """Make a name nobody else has."""
        ...

    def http(self, *, timeout_seconds: float | None) -> HttpClient:
        """Make a client that gives up after so many incident seconds of silence; None waits for ever."""
        ...


@dataclass(frozen=True, slots=True)
class WallRuntime:
    """Incident time of a real process: the machine's clock, times a speed."""

    epoch: float
    """Incident time at the start, seconds since the epoch."""
    monotonic_start: float
    """The machine's monotonic clock at the start, which all processes of a host share."""
    speed: float = 1.0
    """Incident seconds in a real second."""
    random: Random = field(default_factory=SystemRandom)
    pace: Pace | None = None
    """Where the speed may change while the process runs."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read ``PIZZA_CLOCK="<epoch> <monotonic start> <speed>"``; without it time is real.

        Raises:
            ValueError: The variable is not three numbers, or its speed is not more than zero.
        """
        clock = environment.get(CLOCK_VARIABLE)
        if clock is None:
            return cls(time.time(), time.monotonic())  # noqa: TID251 - this is the port
        try:
            epoch, start, speed = (float(part) for part in clock.split())
        except ValueError:
            epoch = start = speed = math.nan
        if not (math.isfinite(epoch) and math.isfinite(start) and 0 < speed < math.inf):
            raise ValueError(
                f"{CLOCK_VARIABLE} is {clock!r}; it must be three numbers, the speed above zero: "
                f"'<epoch seconds> <monotonic start> <speed>'"
            )
        return cls(epoch, start, speed, pace=Pace.of(environment, (start, 0.0, speed)))

    def now(self) -> float:
        """Incident time in seconds since the epoch."""
        return self.epoch + self.monotonic()

    def monotonic(self) -> float:
        """Incident seconds since the start."""
        monotonic = time.monotonic()
        return self.pace.elapsed(monotonic) if self.pace else (monotonic - self.monotonic_start) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for so many incident seconds."""
        if self.pace is None:
            await asyncio.sleep(seconds / self.speed)  # noqa: TID251 - this is the port
            return
        ends = self.monotonic() + seconds
        await asyncio.sleep(0)  # noqa: TID251 - however short, a sleep lets others go first
        while (left := ends - self.monotonic()) > 0:  # noqa: ASYNC110 - another process may change the pace
            await asyncio.sleep(min(left / self.speed, LOOK_SECONDS))  # noqa: TID251 - this is the port

    def new_id(self) -> str:
        """Make a name nobody else has."""
        return uuid.UUID(int=self.random.getrandbits(128), version=4).hex

    def http(self, *, timeout_seconds: float | None) -> HttpClient:
        """Make a client that gives up after so many incident seconds of silence; None waits for ever.

        Like Node's fetch it follows redirects, opens as many connections as it needs and heeds no proxy variables.
        """
        connect = self._real(min(_CONNECT_LIMIT_SECONDS, timeout_seconds or math.inf))
        silence = None if timeout_seconds is None else self._real(timeout_seconds)
        return httpx.AsyncClient(
            timeout=httpx.Timeout(silence, connect=connect),
            limits=httpx.Limits(max_connections=None),
            follow_redirects=True,
            trust_env=False,
            verify=_trusted_authorities(),
        )

    def _real(self, seconds: float) -> float:
        return max(_SHORTEST_WAIT_SECONDS, seconds / self.speed)


def json_headers(key: str) -> dict[str, str]:
    """The headers of a JSON request that a key authorizes."""
    # Without a key the blank must go too: no client sends a header value that ends in one.
    return {"Content-Type": "application/json", "Authorization": f"Bearer {key}".rstrip()}


@functools.cache
def _trusted_authorities() -> ssl.SSLContext:
    # Reading the machine's certificates takes tens of milliseconds: once is enough.
    return httpx.create_ssl_context()
