"""Moments as people write them in a scenario: `"2024-11-30 21:59 MST"`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from harness.errors import ScenarioError

_WITHOUT_A_DATABASE = {"UTC": UTC, "MST": timezone(timedelta(hours=-7), "MST")}
"""Zones that must work where no time zone database is installed."""


def moment(text: str) -> datetime:
    """Read a date, a time of day and a zone.

    Raises:
        ScenarioError: when one of the three is missing or cannot be read.
    """
    day, _, zone = text.rpartition(" ")
    try:
        return datetime.strptime(day, "%Y-%m-%d %H:%M").replace(tzinfo=_zone(zone))
    except (ValueError, ZoneInfoNotFoundError) as error:
        message = f'{text!r} is not a moment. Write date, time and zone, such as "2024-11-30 21:59 MST".'
        raise ScenarioError(message) from error


def _zone(name: str) -> tzinfo:
    return _WITHOUT_A_DATABASE.get(name) or ZoneInfo(name)
