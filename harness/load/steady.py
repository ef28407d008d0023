"""The scenario's steady time in another process of this host; harness/clock.py says what steady time is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from harness.errors import ScenarioError
from harness.pace import PaceFile, Stretch


class UnleapingClock:
    """A machine's own clock as it was at first, going on without ever being set: what machines compare.

    Args:
        wall: epoch seconds of this machine's own clock, read once.
        monotonic: seconds of a clock that never leaps.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,  # noqa: TID251 - clocks of machines are what is compared
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._offset = wall() - monotonic()

    def now(self) -> float:
        """Epoch seconds now."""
        return self.at(self._monotonic())

    def at(self, monotonic: float) -> float:
        """Epoch seconds at that reading of the monotonic clock."""
        return self._offset + monotonic


@dataclass(frozen=True, slots=True)
class SteadyTime:
    """Steady time, read off the monotonic clock that all processes of a host share."""

    epoch: float
    """Steady seconds at the scenario's start."""
    started: float
    """The monotonic clock at the scenario's start."""
    speed: float
    """Incident seconds in a wall second."""
    monotonic: Callable[[], float] = time.monotonic
    """Seconds of that clock."""
    pace: PaceFile | None = None
    """Where the speed may change while the process runs."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read PIZZA_CLOCK, as `WallClock.environment` writes it.

        Raises:
            ScenarioError: when it is missing, or is not three numbers of which the last is above zero.
        """
        text = environment.get("PIZZA_CLOCK", "")
        try:
            epoch, started, speed = map(float, text.split())
        except ValueError:
            epoch = started = speed = 0.0
        if speed <= 0:
            message = f'PIZZA_CLOCK is {text!r}. Set it to "<epoch> <monotonic start> <speed>", the speed above 0.'
            raise ScenarioError(message)
        return cls(epoch, started, speed, pace=PaceFile.of(environment, Stretch(started, 0.0, speed)))

    def now(self) -> float:
        """Steady seconds now."""
        monotonic = self.monotonic()
        return self.epoch + self._stretch(monotonic).at(monotonic)

    def wall_seconds(self, length: timedelta) -> float:
        """How long that much incident time takes on the wall, at the present speed."""
        return length.total_seconds() / (self._stretch(self.monotonic()).speed or self.speed)

    @property
    def is_standing_still(self) -> bool:
        """Whether no time passes."""
        return not self._stretch(self.monotonic()).speed

    def _stretch(self, monotonic: float) -> Stretch:
        return self.pace.stretch(monotonic) if self.pace else Stretch(self.started, 0.0, self.speed)
