"""Responders: what somebody does about a page, and how long that takes.

A responder is a function of the page, the time and a seeded random generator. It answers, or it leaves the page to a
person: whoever plays the game day, or the scenario that scripts what people did.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Protocol

from harness.durations import spoken
from harness.errors import ScenarioError
from harness.events import PageSent


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Take the page."""

    after: timedelta
    """How long after it was sent."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """See the page, and do nothing about it."""

    after: timedelta
    """How long after it was sent."""
    reason: str
    """Why nothing is done."""


Answer = Acknowledge | Ignore


class Responder(Protocol):
    """Somebody who can be paged."""

    def __call__(self, page: PageSent, *, now: float, rng: Random) -> Answer | None:
        """Answer a page, or give None: a person will, or nobody."""
        ...


@dataclass(frozen=True, slots=True)
class Ignores:
    """Sees every page and does nothing, for a reason."""

    reason: str
    """Such as "believed to be a misconfigured alert"."""
    after: timedelta = timedelta()
    """How long after the page it was looked at."""

    def __call__(self, page: PageSent, *, now: float, rng: Random) -> Answer:  # noqa: ARG002 - a Responder's shape
        """Ignore the page."""
        return Ignore(self.after, self.reason)


@dataclass(frozen=True, slots=True)
class Acknowledges:
    """Takes every page, after a while.

    Raises:
        ScenarioError: when the delay or its spread is negative.
    """

    after: timedelta
    """How long it takes in the middle: half of all pages are taken sooner."""
    spread: float = 0.0
    """How much that varies: 0 is always the same, 0.5 puts two pages of three between 0.6 and 1.6 times as long.
    The standard deviation of the delay's logarithm, as people's reaction times are spread."""

    def __post_init__(self) -> None:
        if self.after < timedelta() or self.spread < 0:
            delay = f"{spoken(self.after)} with a spread of {self.spread:g}"
            message = f"nobody can acknowledge a page after {delay}. Use 0 or more for both."
            raise ScenarioError(message)

    def __call__(self, page: PageSent, *, now: float, rng: Random) -> Answer:  # noqa: ARG002 - a Responder's shape
        """Acknowledge the page."""
        return Acknowledge(self.after * math.exp(rng.gauss(0.0, self.spread)) if self.spread else self.after)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who answers for themselves: through the game-day page, or in the scenario's own steps."""

    def __call__(self, page: PageSent, *, now: float, rng: Random) -> None:
        """Leave the page to them."""
