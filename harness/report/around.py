"""The few events around a finding, for a message that a terminal shows."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from harness.checks.result import EVIDENCE_AT_MOST
from harness.events import (
    Event,
    LogsReceived,
    MetricsReceived,
    PanelsRead,
    ProcessExited,
    ProcessStarted,
    RequestFinished,
)
from harness.history import History
from harness.report.sentences import clock, sentence

_COMMON = RequestFinished | MetricsReceived | LogsReceived | PanelsRead | ProcessStarted | ProcessExited
"""So frequent that they would push everything else out of a small timeline."""


def around(history: History, evidence: Collection[int], *, lines: int = EVIDENCE_AT_MOST) -> Iterator[str]:
    """Tell the events around what a check rests on: its own first piece of evidence, marked, and what is nearest to it.

    Args:
        history: what happened.
        evidence: places in the history of what the check shows.
        lines: how many at most.
    """
    if not evidence or not history.events:
        return
    first = next((event for event in history if event.seq in evidence), None)
    if first is None:
        return
    rare = [event for event in history if not isinstance(event, _COMMON) and event.seq != first.seq]
    nearest = sorted(rare, key=lambda event: abs(event.seq - first.seq))[: lines - 1]
    for event in sorted([*nearest, first], key=lambda event: event.seq):
        yield _line(event, mark=">" if event.seq == first.seq else " ")


def _line(event: Event, *, mark: str) -> str:
    return f"{mark} {clock(event.at)} {sentence(event)}"
