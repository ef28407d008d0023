"""The lanes under the plot: what the system, the alerts and the people did, one row each, on the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import TypeVar

from harness.durations import spoken
from harness.events import (
    AlertChanged,
    BalancerCreated,
    BalancerRemoved,
    DeploymentChanged,
    DiagnosisMade,
    Event,
    FaultApplied,
    FaultRemoved,
    NoteTaken,
    NotificationSent,
    PageAcknowledged,
    PageIgnored,
    PageSent,
    RecordChanged,
    RemedyPerformed,
    StepStarted,
    TaskChanged,
    ToolUsed,
)
from harness.history import History
from harness.report.brackets import Bracket, brackets
from harness.report.sentences import clock, sentence
from harness.report.series import Axis

One = TypeVar("One", bound=Event)

ROWS_AT_MOST = 4
"""Rows of tasks: where more of them live at once, they share the last row."""

_ALERTS = {"pending": "pending", "recovering": "pending", "firing": "firing", "no data": "no-data", "error": "no-data"}
_TASKS = {"starting": "moving", "running": "moving", "healthy": "good", "unhealthy": "bad", "draining": "leaving"}
_DEPLOYMENTS = {"in progress": "moving", "completed": "good", "failed": "bad"}
_MARKS: tuple[tuple[str, tuple[type[Event], ...]], ...] = (
    ("notifications", (NotificationSent,)),
    ("pages", (PageSent,)),
    ("acks", (PageAcknowledged, PageIgnored)),
    ("diagnosis", (DiagnosisMade,)),
    ("looks", (ToolUsed,)),
    ("notes", (NoteTaken,)),
    ("remedies", (RemedyPerformed,)),
    ("steps", (StepStarted,)),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A bar in a lane; a mark is one without a width."""

    x: float
    width: float
    kind: str
    """Its colour (colours.py)."""
    words: str
    seq: int = -1
    """The event it begins with."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A row under the plot."""

    name: str
    spans: tuple[Span, ...] = ()
    marks: tuple[Span, ...] = ()
    brackets: tuple[Bracket, ...] = ()


def lanes(history: History, axis: Axis) -> tuple[Lane, ...]:
    """Lay out every lane that has something in it."""
    drawing = _Drawing(history, axis)
    found = [
        *drawing.faults(),
        *drawing.deployment(),
        *drawing.ingress(),
        *drawing.tasks(),
        *drawing.alerts(),
        *(Lane(name, marks=drawing.marks(kinds)) for name, kinds in _MARKS),
    ]
    return tuple(lane for lane in found if lane.spans or lane.marks or lane.brackets)


class _Drawing:
    def __init__(self, history: History, axis: Axis) -> None:
        self.history, self.axis = history, axis
        self.end = max(event.at for event in history)

    def faults(self) -> Iterator[Lane]:
        ends = {removed.id: removed for removed in self.history.of(FaultRemoved)}
        times = brackets(self.history, self.axis)
        for fault in self.history.of(FaultApplied):
            over = ends[fault.id].at if fault.id in ends else self.end
            span = self._span(fault, over, "fault", f"{fault.id}: {fault.sees}")
            yield Lane(fault.id, (span,), brackets=times.get(fault.id, ()))

    def deployment(self) -> Iterator[Lane]:
        changes = self.history.of(DeploymentChanged)
        yield Lane("deployment", tuple(self._states(changes, _DEPLOYMENTS)))

    def ingress(self) -> Iterator[Lane]:
        gone = {removed.name: removed.at for removed in self.history.of(BalancerRemoved)}
        created = self.history.of(BalancerCreated)
        spans = [self._span(one, gone.get(one.name, self.end), "good", sentence(one)) for one in created]
        yield Lane("load balancer", tuple(spans), self.marks((BalancerRemoved,)))
        yield Lane("DNS", marks=self.marks((RecordChanged,)))

    def tasks(self) -> Iterator[Lane]:
        lives = _grouped(self.history.of(TaskChanged), lambda change: change.task)
        rows: list[list[Span]] = []
        ends: list[datetime] = []
        for changes in lives.values():
            over = changes[-1].at if changes[-1].state == "stopped" else self.end
            row = next((place for place, end in enumerate(ends) if end <= changes[0].at), len(ends))
            if row == len(ends) < ROWS_AT_MOST:
                rows.append([])
                ends.append(over)
            row = min(row, ROWS_AT_MOST - 1)
            ends[row] = max(ends[row], over)
            rows[row] += self._states(changes, _TASKS)
        yield from (
            Lane("tasks" if len(rows) == 1 else f"tasks, row {row + 1}", tuple(s)) for row, s in enumerate(rows)
        )

    def alerts(self) -> Iterator[Lane]:
        rules = _grouped(self.history.of(AlertChanged), lambda change: change.rule)
        for rule, changes in sorted(rules.items()):
            instances = _grouped(changes, lambda change: str(sorted(change.labels.items())))
            spans = [span for instance in instances.values() for span in self._states(instance, _ALERTS)]
            yield Lane(rule, tuple(spans))

    def marks(self, kinds: tuple[type[Event], ...]) -> tuple[Span, ...]:
        found = (event for event in self.history.of(*kinds))
        return tuple(
            Span(round(self.axis.x(one.at), 2), 0.0, "mark", f"{clock(one.at)} {sentence(one)}", one.seq)
            for one in found
        )

    def _states(
        self, changes: Sequence[AlertChanged | TaskChanged | DeploymentChanged], colours: Mapping[str, str]
    ) -> Iterator[Span]:
        """Draw one thing's states, each until the next."""
        for change, following in zip_longest(changes, changes[1:]):
            if change.state in colours:
                over = following.at if following else self.end
                yield self._span(change, over, colours[change.state], sentence(change))

    def _span(self, event: Event, over: datetime, kind: str, words: str) -> Span:
        start, end = self.axis.x(event.at), self.axis.x(over)
        told = f"{clock(event.at)} to {clock(over)} ({spoken(over - event.at)}) {words}"
        return Span(round(start, 2), round(max(1.0, end - start), 2), kind, told, event.seq)


def _grouped(events: Iterable[One], key: Callable[[One], str]) -> dict[str, list[One]]:
    groups: dict[str, list[One]] = {}
    for event in events:
        groups.setdefault(key(event), []).append(event)
    return groups
