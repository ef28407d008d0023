"""The port through which the factory reaches time, sleep, randomness and ids."""

import asyncio
import math
import random
import time
import uuid
from collections.abc import Mapping
from typing import Protocol

from fake_factory.pace import LOOK_SECONDS, Pace

CLOCK_VARIABLE = "PIZZA_CLOCK"
"""The environment variable that puts a process on incident time: `<epoch> <monotonic_start> <speed>`."""


class Runtime(Protocol):
    """What the factory asks of the world; a simulated run answers from its virtual clock and its seed."""

    random: random.Random

    def now(self) -> float:
        """Tell the incident time, in seconds since the epoch."""

    async def sleep(self, seconds: float) -> None:
        """Wait for a stretch of incident time."""

    def new_id(self) -> str:
        """Make an id nobody else has: letters and digits, fit for a URL."""


class WallRuntime:
    """Incident time that follows the machine's own clock.

    Args:
        epoch: incident time at the start, in seconds since the epoch.
        monotonic_start: what CLOCK_MONOTONIC read at that instant. Processes on one host share that clock,
            so all that are given the same three numbers agree on incident time.
        speed: incident seconds per real second, above 0.
        pace: where the speed may change while the process runs.
    """

    def __init__(self, *, epoch: float, monotonic_start: float, speed: float, pace: Pace | None = None) -> None:
        self._epoch = epoch
        self._monotonic_start = monotonic_start
        self._speed = speed
        self._pace = pace
        self.random = random.Random()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "WallRuntime":
        """Read the clock from PIZZA_CLOCK; without it, incident time is real time.

        Raises:
            ValueError: PIZZA_CLOCK is set and is not three usable numbers.
        """
        text = environment.get(CLOCK_VARIABLE)
        if text is None:
            return cls(epoch=time.time(), monotonic_start=time.monotonic(), speed=1.0)  # noqa: TID251 -- this is the port
        try:
            epoch, monotonic_start, speed = (float(word) for word in text.split())
        except ValueError:
            raise ValueError(_clock_complaint(text)) from None
        if not (math.isfinite(epoch) and math.isfinite(monotonic_start) and 0 < speed < math.inf):
            raise ValueError(_clock_complaint(text))
        pace = Pace.of(environment, (monotonic_start, 0.0, speed))
        return cls(epoch=epoch, monotonic_start=monotonic_start, speed=speed, pace=pace)

    def now(self) -> float:
        """Tell the incident time, in seconds since the epoch."""
        monotonic = time.monotonic()
        if self._pace is not None:
            return self._epoch + self._pace.elapsed(monotonic)
        return self._epoch + (monotonic - self._monotonic_start) * self._speed

    async def sleep(self, seconds: float) -> None:
        """Wait for a stretch of incident time."""
        if self._pace is None:
            await asyncio.sleep(seconds / self._speed)  # noqa: TID251 -- this is the port
            return
        ends = self.now() + seconds
        while (left := ends - self.now()) > 0:  # noqa: ASYNC110 -- what is waited for is another process
            await asyncio.sleep(min(left / self._speed, LOOK_SECONDS))  # noqa: TID251 -- this is the port

    def new_id(self) -> str:
        """Make an id nobody else has: 32 hexadecimal digits."""
        return uuid.uuid4().hex


def _clock_complaint(text: str) -> str:
    return (
        f"{CLOCK_VARIABLE} is {text!r}; it must be '<epoch> <monotonic_start> <speed>', "
        "three finite numbers with speed above 0, for example '1733030640 5120.25 10'"
    )
