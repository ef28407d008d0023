"""Responders: what somebody does about a page, and how long that takes.

A responder is a function of the page, the time and a seeded random generator. It answers, or it leaves the page to a
person: whoever plays the game day, or the scenario that scripts what people did.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Protocol

from harness.durations import spoken
from harness.errors import ScenarioError
from harness.events import PageSent

MOST_SPREAD = 3.0
"""Beyond this a delay of minutes may become one of months."""


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
    by: str = ""
    """Who it was that saw it; whoever was paged when empty."""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Wave the page away: nobody takes it, and nobody else is paged about it."""

    after: timedelta
    """How long after it was sent."""
    reason: str
    """Why."""


@dataclass(frozen=True, slots=True)
class Resolve:
    """Close the page as done, whatever its alerts say; if they still fire when told again, another page opens."""

    after: timedelta
    """How long after it was sent."""


Answer = Acknowledge | Ignore | Dismiss | Resolve


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
    by: str = ""
    """Who sees it in the place of whoever is paged; that is themselves when empty."""

    def __call__(self, page: PageSent, *, now: float, rng: Random) -> Answer:  # noqa: ARG002 - a Responder's shape
        """Ignore the page."""
        return Ignore(self.after, self.reason, self.by)


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
        return Acknowledge(_drawn(self.after, self.spread, rng))


class Scripted:
    """Answers the first page as the first answer says, the second as the second does; the last answer holds from then.

    Args:
        answers: each with the spread of its delay, as `Acknowledges` has it.
        reached: the share of pages that reach them at all, from 0 to 1.

    Raises:
        ScenarioError: when there is no answer, or a number is out of its range.
    """

    def __init__(self, answers: Sequence[tuple[Answer, float]], *, reached: float = 1.0) -> None:
        if not answers:
            message = "there are no answers. Give at least one, such as {acknowledge: 3m}."
            raise ScenarioError(message)
        if not 0 <= reached <= 1 or any(not 0 <= spread <= MOST_SPREAD for _, spread in answers):
            message = f"`reached` goes from 0 to 1, and `spread` from 0 to {MOST_SPREAD:g}."
            raise ScenarioError(message)
        self._answers = tuple(answers)
        self._reached = reached
        self._seen = 0

    def __call__(self, page: PageSent, *, now: float, rng: Random) -> Answer | None:  # noqa: ARG002 - a Responder's shape
        """Answer the page, if it reaches them."""
        if self._reached < 1 and rng.random() >= self._reached:
            return None
        answer, spread = self._answers[min(self._seen, len(self._answers) - 1)]
        self._seen += 1
        return replace(answer, after=_drawn(answer.after, spread, rng))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who answers for themselves: through the game-day page, or in the scenario's own steps."""

    def __call__(self, page: PageSent, *, now: float, rng: Random) -> None:
        """Leave the page to them."""


def _drawn(middle: timedelta, spread: float, rng: Random) -> timedelta:
    return middle * math.exp(rng.gauss(0.0, spread)) if spread else middle
