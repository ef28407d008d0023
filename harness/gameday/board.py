"""What everybody sees of a game day: pages, alerts, the incident channel; and what only the facilitator sees.

Pure: events go in, plain data comes out. Responders are shown what on-call would see; `faults` is for the facilitator.
However long it takes, a board stays as large as it is: what is older is in the history.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from harness.checks.impact import Harm
from harness.events import (
    AlertChanged,
    DinersChanged,
    Event,
    FaultApplied,
    FaultHit,
    FaultRemoved,
    NoteTaken,
    PaceChanged,
    PageAcknowledged,
    PageIgnored,
    PageResolved,
    PageSent,
    ParticipantJoined,
    RemedyPerformed,
    RequestFinished,
    RunStarted,
    ToolUsed,
)

Kind = TypeVar("Kind")

UP = {"firing": "firing", "no data": "no data", "error": "cannot be evaluated", "pending": "pending"}
CHANNEL_LINES = 200
PAGES = 100
FAULTS = 100
"""How many are kept of each; of those that are over, the oldest make room."""

VISITS = 12
"""How many of the last requests the view of a diner shows."""

RECENT = timedelta(minutes=1)
"""How far back the blast radius looks."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the incident channel."""

    at: datetime
    who: str
    text: str
    is_hint: bool = False


@dataclass(slots=True)
class Page:
    """Somebody was paged, and what came of it."""

    name: str
    sent: datetime
    level: int
    alerts: tuple[str, ...]
    state: str = "open"
    by: str = ""


@dataclass(slots=True)
class Injected:
    """A fault, as the facilitator sees it."""

    id: str
    fault: str
    target: str
    sees: str
    since: datetime
    evidence: str = "has hit nothing yet"
    gone: str = ""
    """By whom, once it is gone."""


@dataclass(slots=True)
class Board:
    """Follows a game day's events."""

    pages: dict[str, Page] = field(default_factory=dict)
    alerts: dict[tuple[str, str], str] = field(default_factory=dict)
    """State by rule and labels, of those that are up."""
    channel: deque[Line] = field(default_factory=lambda: deque(maxlen=CHANNEL_LINES))
    faults: dict[str, Injected] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    """Role by name."""
    visits: deque[RequestFinished] = field(default_factory=lambda: deque(maxlen=VISITS))
    speed: float = 1.0
    """Incident seconds in a wall second; 0 while time stands still."""
    diners: int = 0
    _recent: deque[RequestFinished] = field(default_factory=deque)
    version: int = 0
    """Grows with whatever is shown."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, event: Event) -> None:
        """Take note of an event; may be called from any thread."""
        with self._lock:
            self._hear(event)
            self.version += 1

    def rules(self) -> dict[str, str]:
        """Give each rule that is up with its worst state, the worst first."""
        order = list(UP)
        found: dict[str, str] = {}
        for (rule, _), state in sorted(self.alerts.items(), key=lambda item: order.index(item[1])):
            found.setdefault(rule, state)
        return found

    def radius(self) -> str:
        """Say what is hurt just now, and whom it hurts, for the facilitator only."""
        with self._lock:
            recent = tuple(self._recent)
        layers = sorted({fault.target for fault in self.standing})
        return (
            f"Hurt now: {', '.join(layers) or 'nothing'}. In the last minute, of {len(recent)} requests of "
            f"{self.diners} diners: {Harm.of(recent)}."
        )

    @property
    def standing(self) -> tuple[Injected, ...]:
        """The faults that are there, for the facilitator only."""
        return tuple(fault for fault in tuple(self.faults.values()) if not fault.gone)

    def has(self, fault: str) -> bool:
        """Say whether a fault of this name is there."""
        return any(each.fault == fault for each in self.standing)

    def _hear(self, event: Event) -> None:
        match event:
            case RequestFinished():
                self._visit(event)
            case DinersChanged(count=count):
                self.diners = count
            case RunStarted(speed=speed):
                self.speed = speed
            case PaceChanged(by=by, speed=speed):
                self.speed = speed
                self._say(event, by, f"time goes at speed {speed:g}" if speed else "time stands still")
            case AlertChanged():
                self._alert(event)
            case PageSent() | PageAcknowledged() | PageIgnored() | PageResolved():
                self._page(event)
            case FaultApplied() | FaultHit() | FaultRemoved():
                self._fault(event)
            case ParticipantJoined(by=by, role=role):
                self.people[by] = role
                self._say(event, by, f"joined as {role}")
            case NoteTaken(by=by, text=text, is_hint=is_hint):
                self.channel.append(Line(event.at, by, text, is_hint))
            case RemedyPerformed(by=by, remedy=remedy, did=did):
                self._say(event, by, f"{remedy}: {did}")
            case ToolUsed(by=by, tool=tool):
                self._say(event, by, f"looked: {tool}")

    def _visit(self, event: RequestFinished) -> None:
        self.visits.append(event)
        self._recent.append(event)
        while self._recent[0].at < event.at - RECENT:
            self._recent.popleft()

    def _alert(self, event: AlertChanged) -> None:
        key = (event.rule, str(sorted(event.labels.items())))
        if event.state in UP:
            self.alerts[key] = event.state
        else:
            self.alerts.pop(key, None)

    def _page(self, event: PageSent | PageAcknowledged | PageIgnored | PageResolved) -> None:
        if isinstance(event, PageSent):
            self.pages[event.page] = Page(event.page, event.at, event.level, tuple(event.alerts))
            _make_room(self.pages, over=lambda page: page.state == "resolved", most=PAGES)
            return
        page = self.pages.get(event.page)
        if page is None:
            return
        if isinstance(event, PageResolved):
            page.state = "resolved"
        else:
            page.state = "acknowledged" if isinstance(event, PageAcknowledged) else "dismissed"
            page.by = event.responder
            self._say(event, event.responder, f"{page.state} the page about {', '.join(page.alerts) or page.name}")

    def _fault(self, event: FaultApplied | FaultHit | FaultRemoved) -> None:
        if isinstance(event, FaultApplied):
            self.faults[event.id] = Injected(event.id, event.fault, event.target, event.sees, event.at)
            _make_room(self.faults, over=lambda fault: bool(fault.gone), most=FAULTS)
        elif isinstance(event, FaultHit):
            self.faults[event.id].evidence = event.evidence
        else:
            self.faults[event.id].gone = event.by

    def _say(self, event: Event, who: str, text: str) -> None:
        self.channel.append(Line(event.at, who, text))


def _make_room(kept: dict[str, Kind], *, over: Callable[[Kind], bool], most: int) -> None:
    if len(kept) > most:
        oldest = next((name for name, one in kept.items() if over(one)), None)
        if oldest is not None:
            del kept[oldest]
