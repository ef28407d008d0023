"""Durations as people write them: `"800ms"`, `"90s"`, `"5m"`, `"1h30m"`."""

from __future__ import annotations

import re
from datetime import timedelta

from harness.errors import ScenarioError

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")


def duration(text: str | timedelta) -> timedelta:
    """Read a duration such as `"5m"` or `"1h30m"`; a timedelta is passed through.

    Raises:
        ScenarioError: when the text is not a number and a unit, repeated, or longer than can be counted.
    """
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        message = (
            f'{text!r} is not a duration. Write a number and a unit (ms, s, m, h, d, w), such as "90s" or "1h30m".'
        )
        raise ScenarioError(message)
    try:
        return sum((float(number) * _UNITS[unit] for number, unit in _PART.findall(text)), timedelta())
    except OverflowError as error:
        message = f"{text[:40]!r} is longer than {timedelta.max.days:,} days, and cannot be counted. Write less."
        raise ScenarioError(message) from error


def seconds(text: str | timedelta) -> float:
    """Read a duration and give it in seconds, for arithmetic with instants."""
    return duration(text).total_seconds()


def spoken(length: timedelta | float) -> str:
    """Write a duration the way a report says it: `7 h 46 min`, `14 min`, `35 s`, `120 ms`.

    Args:
        length: a timedelta, or seconds. Two units at the most; a negative length keeps its sign.
    """
    total = length.total_seconds() if isinstance(length, timedelta) else length
    sign, total = ("-" if total < 0 else ""), abs(total)
    if total < 1:
        return f"{sign}{total * 1000:.0f} ms"
    if total < 10 and total % 1:
        return f"{sign}{total:.1f} s"
    hours, rest = divmod(round(total), 3600)
    minutes, whole = divmod(rest, 60)
    if hours:
        return f"{sign}{hours} h {minutes} min" if minutes else f"{sign}{hours} h"
    if minutes:
        return f"{sign}{minutes} min {whole} s" if whole else f"{sign}{minutes} min"
    return f"{sign}{whole} s"
