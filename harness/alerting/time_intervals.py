"""Hours, days, months and years that come again: when a route is muted, or the only time when it is not.

Source: Alertmanager, timeinterval/timeinterval.go; Grafana's mute timings are the same.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

Ends = tuple[int, int]
"""The first and the last of a range, both in it."""


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """An instant lies in it that fits every list; a list that is not given fits every instant."""

    times: tuple[Ends, ...] | None = None
    """Minutes of the day, from the first up to the second, which is not in it."""
    weekdays: tuple[Ends, ...] | None = None
    """Days of the week, from 0 (Sunday) to 6."""
    days_of_month: tuple[Ends, ...] | None = None
    """Days of the month; -1 is its last."""
    months: tuple[Ends, ...] | None = None
    """Months, from 1 (January) to 12."""
    years: tuple[Ends, ...] | None = None
    """Years."""
    zone: tzinfo = UTC
    """Whose clock it goes by."""

    def contains(self, instant: datetime) -> bool:
        """Say whether an instant lies in it."""
        there = instant.astimezone(self.zone)
        minute = there.hour * 60 + there.minute
        return (
            (self.times is None or any(first <= minute < end for first, end in self.times))
            and _fits(self.weekdays, there.isoweekday() % 7)
            and self._fits_day(there)
            and _fits(self.months, there.month)
            and _fits(self.years, there.year)
        )

    def _fits_day(self, there: datetime) -> bool:
        if self.days_of_month is None:
            return True
        length = calendar.monthrange(there.year, there.month)[1]
        return _fits([(_day(first, length), _day(last, length)) for first, last in self.days_of_month], there.day)


def _fits(ranges: Iterable[Ends] | None, value: int) -> bool:
    return ranges is None or any(first <= value <= last for first, last in ranges)


def _day(day: int, length: int) -> int:
    """Count a day from the end of the month, where it is written so."""
    return day if day > 0 else length + day + 1
