"""How long each fault took to be noticed, taken up and mended, as brackets on the time axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.checks.metrics import FaultMetrics, metrics
from harness.durations import spoken
from harness.history import History
from harness.report.sentences import clock
from harness.report.series import Axis

_OWN = ("MTTD", "MTTA", "MTTR")
_OTHERS = ("detection", "acknowledge", "reset")


@dataclass(frozen=True, slots=True)
class Bracket:
    """A length of time with its ends marked."""

    x: float
    width: float
    label: str
    words: str
    level: int
    """Row under the fault's own bar, from 0, so that no label covers another."""


def brackets(history: History, axis: Axis) -> Mapping[str, tuple[Bracket, ...]]:
    """Give the brackets of each fault; the run's own times are those of the fault that diners felt first."""
    measured = metrics(history)
    felt = next((fault.id for fault in measured.faults if fault.failed), None)
    return {fault.id: tuple(_brackets(fault, axis, _OWN if fault.id == felt else _OTHERS)) for fault in measured.faults}


def _brackets(fault: FaultMetrics, axis: Axis, names: tuple[str, str, str]) -> Iterator[Bracket]:
    detected, taken, reset = fault.detection_seconds, fault.acknowledge_seconds, fault.reset_seconds
    paged = fault.started + timedelta(seconds=detected or 0)
    if detected is not None:
        yield _bracket(axis, (fault.started, paged), f"{names[0]} {spoken(detected)}", level=0)
    if detected is not None and taken is not None:
        yield _bracket(axis, (paged, paged + timedelta(seconds=taken)), f"{names[1]} {spoken(taken)}", level=1)
    if reset is not None:
        over = fault.started + timedelta(seconds=reset)
        yield _bracket(axis, (fault.started, over), f"{names[2]} {spoken(reset)}", level=2)


def _bracket(axis: Axis, ends: tuple[datetime, datetime], label: str, *, level: int) -> Bracket:
    start, end = (axis.x(at) for at in ends)
    words = f"{clock(ends[0])} to {clock(ends[1])} {label}"
    return Bracket(round(start, 2), round(max(1.0, end - start), 2), label, words, level)
