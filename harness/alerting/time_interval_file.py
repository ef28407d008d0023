"""Reads time intervals, as Alertmanager's `time_intervals` and Grafana's `muteTimes` write them.

A place must be named: `Local`, the machine that Alertmanager runs on, is refused, for a scenario runs anywhere.

Source: Alertmanager, docs/configuration.md, `<time_interval>`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from harness.alerting.time_intervals import Ends, TimeInterval
from harness.alerting.yaml_lines import Block
from harness.errors import unknown_name

Intervals = Mapping[str, tuple[TimeInterval, ...]]
"""What each name stands for: an instant lies in it that lies in one of these."""

_KEYS = ("times", "weekdays", "days_of_month", "months", "years", "location")
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_SHORTEST_MONTH = 28


def read_time_intervals(blocks: Sequence[Block], *, also: Intervals | None = None) -> Intervals:
    """Read intervals that have names.

    Args:
        blocks: each with `name` and `time_intervals`.
        also: what was read already; a name may be there only once.

    Raises:
        ScenarioError: one line that names the file, the line, the key and what to do.
    """
    found = dict(also or {})
    for block in blocks:
        name = block.text("name")
        block.what = f"time interval {name!r}"
        if name in found:
            raise block.error("name", f"{name!r} is there already. Give it another name.")
        found[name] = tuple(
            _interval(each) for each in block.blocks("time_intervals", each=f"{block.what}, time_intervals")
        )
    return found


def intervals_named(block: Block, key: str, *, known: Intervals) -> tuple[TimeInterval, ...] | None:
    """Give the intervals that a key names; None where it names none.

    Raises:
        ScenarioError: one of them is not there.
    """
    names = block.words(key)
    for name in names:
        if name not in known:
            message = unknown_name("time interval", name, known=known)
            raise block.error(key, message if known else f"{message} Write it into this file too.")
    return tuple(each for name in names for each in known[name]) if names else None


def _interval(block: Block) -> TimeInterval:
    block.only(_KEYS)
    return TimeInterval(
        _times(block),
        _ranges(block, "weekdays", _WEEKDAYS.index, span=(0, 6)),
        _days_of_month(block),
        _ranges(block, "months", _month, span=(1, 12)),
        _ranges(block, "years", int, span=(0, 9999)),
        zone=_zone(block),
    )


def _month(word: str) -> int:
    return _MONTHS.index(word) + 1 if word in _MONTHS else int(word)


def _ranges(block: Block, key: str, read: Callable[[str], int], *, span: Ends) -> tuple[Ends, ...] | None:
    """Read a list such as [monday:friday, sunday]; an empty list fits nothing, and no list fits everything."""
    if key not in block:
        return None
    found = []
    for text in block.words(key):
        first, _, last = text.strip().lower().partition(":")
        try:
            ends = read(first), read(last or first)
        except ValueError:
            raise block.error(key, f"{text!r} is none of them. Write such as {_EXAMPLES[key]}.") from None
        if not all(span[0] <= end <= span[1] for end in ends):
            raise block.error(key, f"{text!r} goes beyond {span[0]} to {span[1]}. Write such as {_EXAMPLES[key]}.")
        found.append(ends)
    _refuse_backwards(block, key, found)
    return tuple(found)


_EXAMPLES = {
    "weekdays": "monday:friday",
    "days_of_month": "1:5 or -3:-1",
    "months": "december or 5:8",
    "years": "2024:2026",
}


def _days_of_month(block: Block) -> tuple[Ends, ...] | None:
    ranges = _ranges(block, "days_of_month", int, span=(-31, 31))
    for first, last in ranges or ():
        if not first or not last:
            raise block.error("days_of_month", "there is no day 0. The first is 1, and the last is -1.")
        if first < 0 < last:
            raise block.error("days_of_month", f"{first}:{last} begins at the end. Count both from the same side.")
    return ranges


def _refuse_backwards(block: Block, key: str, ranges: Sequence[Ends]) -> None:
    for first, last in ranges:
        counted = [end if end >= 0 or key != "days_of_month" else _SHORTEST_MONTH + end for end in (first, last)]
        if counted[0] > counted[1]:
            raise block.error(key, f"{first}:{last} ends before it begins. Write the first of them first.")


def _times(block: Block) -> tuple[Ends, ...] | None:
    if "times" not in block:
        return None
    found = []
    for each in block.blocks("times", each=f"{block.what}, times"):
        each.only(("start_time", "end_time"))
        start, end = _minute(each, "start_time"), _minute(each, "end_time")
        if start >= end:
            raise each.error("end_time", "it ends before it begins. Over midnight, write two: up to 24:00, from 00:00.")
        found.append((start, end))
    return tuple(found)


def _minute(block: Block, key: str) -> int:
    text = block.text(key)
    if not _TIME.fullmatch(text):
        raise block.error(key, f"{text!r} is no time of day. Write hours and minutes, such as 09:30 or 24:00.")
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _zone(block: Block) -> tzinfo:
    name = block.text("location", "UTC")
    if name in ("", "UTC"):
        return UTC
    if name == "Local":
        raise block.error("location", "'Local' is wherever this runs. Name a place, such as America/Denver.")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        problem = f"{name!r} is no place of the time zone database. Write such as America/Denver, or UTC."
        raise block.error("location", problem) from error
