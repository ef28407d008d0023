"""What every event has: when it happened, and its place in the history."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

SCHEMA = 1
"""The version of the history's shape; a reader refuses a newer one."""

UNSTAMPED = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of an event that no recorder has seen yet."""


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag=_snake):
    """Something that happened."""

    at: datetime = UNSTAMPED
    """Incident time."""
    steady: float = 0.0
    """Steady seconds (harness/clock.py)."""
    seq: int = -1
    """Place in the history, from 0."""
