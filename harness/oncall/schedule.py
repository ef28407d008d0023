"""Schedules: who is on call at a time, by the calendar of the incident.

Rules of this file: shifts are asked in order, and the first that covers the time says who it is; a shift without days
and hours covers every time. A shift that ends at or before the hour at which it begins ends on the next day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from harness.errors import ScenarioError

EVERY_DAY = frozenset(range(7))
"""Monday is 0."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One person, or several who take turns, at some hours of some days.

    Raises:
        ScenarioError: when it has nobody, or turns that never end.
    """

    people: tuple[str, ...]
    """Who; with more than one of them, each in turn."""
    days: frozenset[int] = EVERY_DAY
    """The days on which it begins, Monday being 0."""
    begins: time = time()
    """From when on, on the clock of the incident's zone."""
    ends: time = time()
    """Until when; the instant itself is the next shift's."""
    turn: timedelta = timedelta(days=7)
    """How long each has it before the next one takes over."""
    since: datetime | None = None
    """When the first one's turn began; needed when there is more than one."""

    def __post_init__(self) -> None:
        if not self.people:
            message = "a shift without anybody pages nobody. Name one person, or several who take turns."
            raise ScenarioError(message)
        if len(self.people) > 1 and (self.since is None or self.turn <= timedelta()):
            message = f"{', '.join(self.people)} take turns. Say since when, and every how many days."
            raise ScenarioError(message)

    def covers(self, at: datetime) -> bool:
        """Say whether an instant of incident time is in it."""
        today, yesterday = at.weekday() in self.days, (at.weekday() - 1) % 7 in self.days
        if self.begins < self.ends:
            return today and self.begins <= at.time() < self.ends
        return (today and at.time() >= self.begins) or (yesterday and at.time() < self.ends)

    def whose(self, at: datetime) -> str:
        """Give whose turn it is."""
        if self.since is None:
            return self.people[0]
        return self.people[(at - self.since) // self.turn % len(self.people)]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Who is on call, by the calendar."""

    name: str
    """What the chain calls it."""
    shifts: tuple[Shift, ...]
    """Asked in order."""

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody in it."""
        return tuple(dict.fromkeys(person for shift in self.shifts for person in shift.people))

    def on_duty(self, at: datetime) -> str | None:
        """Give who is on call at an instant of incident time; None when no shift covers it."""
        return next((shift.whose(at) for shift in self.shifts if shift.covers(at)), None)


Duty = Callable[[str, float], str | None]
"""Gives who stands behind a name of the chain at a steady instant; None when that is nobody."""


def themselves(name: str, _now: float) -> str:
    """Answer that every name of the chain is a person's own."""
    return name
