"""Mistakes in Loki's pushes, in JSON and in protobuf. A log line is a text: most mistakes are about numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.telemetry.spoiling.mistakes import Mistake, Shift

_NANO = 10**9

Entry = list[Any]
"""A timestamp and a line, as they were sent."""


def spoil_json(pushed: object, mistake: Mistake) -> int:
    """Make the mistake, and give how many lines are not as they were."""
    changed = 0
    for entries in _entries(pushed):
        changed += len(entries)
        match mistake.how:
            case "no_points":
                entries.clear()
            case "no_value":
                for entry in entries:
                    del entry[1:]
            case _:
                for entry in entries:
                    entry[1] = None
    return changed


def misdate_json(pushed: object, shift: Shift) -> int:
    """Move the timestamps, and give how many lines have one."""
    changed = 0
    for entries in _entries(pushed):
        for entry in entries:
            entry[0] = str(int(entry[0]) + shift.ticks(_NANO))
            changed += 1
    return changed


def spoil_protobuf(push: Any, mistake: Mistake) -> int:  # noqa: ANN401 - protobuf's classes have no types
    """Make the mistake, and give how many lines are not as they were."""
    changed = 0
    for stream in push.streams:
        changed += len(stream.entries)
        if mistake.how == "no_points":
            del stream.entries[:]
        for entry in stream.entries:
            entry.ClearField("line")
    return changed


def misdate_protobuf(push: Any, shift: Shift) -> int:  # noqa: ANN401 - as above
    """Move the timestamps, and give how many lines have one."""
    entries = [entry for stream in push.streams for entry in stream.entries]
    for entry in entries:
        at = entry.timestamp.seconds * _NANO + entry.timestamp.nanos + shift.ticks(_NANO)
        entry.timestamp.seconds, entry.timestamp.nanos = divmod(at, _NANO)
    return len(entries)


def _entries(pushed: Any) -> Iterator[list[Entry]]:  # noqa: ANN401 - whatever a service sends
    """Give the entries of each stream that is written as Loki reads it."""
    for stream in pushed["streams"] or ():
        yield stream.get("values") or []
