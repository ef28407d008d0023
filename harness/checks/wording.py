"""Numbers, lists and times as a person would write them in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

_LABEL_VALUE = re.compile(r'="([^"]*)"')


def count(number: int, noun: str, plural: str = "") -> str:
    """Say how many: `1 request`, `1,204 requests`, `no requests`."""
    if number == 1:
        return f"1 {noun}"
    return f"{f'{number:,}' if number else 'no'} {plural or noun + 's'}"


def listed(items: Sequence[str], *, at_most: int = 0) -> str:
    """Say a list: `a, b and c`; one that is longer than `at_most` becomes `a and 8 more`."""
    if not items:
        return "none"
    if at_most and len(items) > at_most:
        return f"{items[0]} and {len(items) - 1} more"
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def group_words(group: str) -> str:
    """Say which alerts a page is about: `{alertname="Heartbeat"} #2` is `Heartbeat`."""
    return ", ".join(_LABEL_VALUE.findall(group)) or group


def time_words(at: datetime) -> str:
    """Say a time of day, with seconds only when it has some: `05:24`, `05:24:31`."""
    return f"{at:%H:%M:%S}" if at.second or at.microsecond else f"{at:%H:%M}"
