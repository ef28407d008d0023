"""What a run looks like while it runs: a line a beat, and under it one line that lives.

The living line shows the incident clock, the phase, request rate, share of errors and the alerts that are up. Where
the output is not a terminal, each beat gets its line with those figures, and nothing is redrawn.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from harness.checks.wording import count
from harness.durations import spoken
from harness.events import (
    AlertChanged,
    DiagnosisMade,
    Event,
    FaultApplied,
    FaultRemoved,
    HarnessTroubled,
    Jumped,
    MetricsMapped,
    PageAcknowledged,
    PageSent,
    RemedyPerformed,
    RequestFinished,
    StepStarted,
    WebhookAnswered,
)

RECENT_SECONDS = 60.0
"""How far back the rate and the share of errors look, in incident time."""

METRICS_AT_MOST = 3
"""How many metrics are told one by one when they come in together: more would push the beginning off the screen."""

LEAST_OF_A_PHASE = 12
"""Columns below which a phase says nothing."""

UNBOUND = 10_000
"""Columns of a screen on which every line fits."""

_UP = {"firing", "no data", "error"}


@dataclass(frozen=True, slots=True)
class Screen:
    """Where progress goes."""

    write: Callable[[str], None]
    """Writes text as it is."""
    is_terminal: bool
    """Whether a line can be drawn again."""
    columns: Callable[[], int] = lambda: UNBOUND
    """How wide it is just now."""


class Progress:
    """Follows a run's events and says how it goes.

    Args:
        screen: where it says so.
        tells_guesses: whether it says what metrics were guessed to be about; of the bundled service that is known.
    """

    def __init__(self, screen: Screen, *, tells_guesses: bool = True) -> None:
        self._screen = screen
        self._tells_guesses = tells_guesses
        self._recent: deque[tuple[float, bool]] = deque()
        self._up: dict[tuple[str, str], str] = {}
        self._lines: deque[str] = deque()
        self._phase = ""
        self._lock = threading.Lock()

    def hear(self, event: Event) -> None:
        """Take note of an event; may be called from any thread, and draws nothing."""
        with self._lock:
            self._note(event)

    def refresh(self, now: datetime, steady: float) -> None:
        """Draw what is new; called by the thread that owns the screen."""
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if self._screen.is_terminal:
            above = "".join(f"\r\x1b[2K{line}\n" for line in lines)
            living = _fitted(f"{now:%H:%M:%S}  ", self._phase, self.figures(steady), columns=self._screen.columns())
            self._screen.write(f"{above}\r\x1b[2K{living}")
        elif lines:
            self._screen.write("".join(f"{line}\n" for line in lines[:-1]))
            self._screen.write(f"{lines[-1]}  [{self.figures(steady)}]\n")

    def end(self) -> None:
        """Say what is still to be said, and leave the screen as one would like to find it."""
        rest = "".join(f"{self._lines.popleft()}\n" for _ in range(len(self._lines)))
        if self._screen.is_terminal:
            self._screen.write(f"\r\x1b[2K{rest}")
        elif rest:
            self._screen.write(rest)

    def figures(self, steady: float) -> str:
        """Say the request rate, the share of errors and the alerts that are up."""
        with self._lock:
            self._forget_before(steady - RECENT_SECONDS)
            total, failed = len(self._recent), sum(1 for _, ok in self._recent if not ok)
            errors = f"{failed / total:.0%} errors" if total else "no requests"
            return f"{total:3d} requests/min · {errors} · {self._alerts()}"

    def _note(self, event: Event) -> None:
        match event:
            case RequestFinished():
                self._recent.append((event.steady, event.outcome == "ok"))
                self._forget_before(event.steady - RECENT_SECONDS)  # nobody may ever ask for figures
            case AlertChanged():
                self._note_alert(event)
            case MetricsMapped() if not self._tells_guesses:
                pass
            case _:
                self._phase = event.name if isinstance(event, StepStarted) else self._phase
                said = _sentence(event)
                if said:
                    self._lines.append(f"{event.at:%H:%M:%S}  {said}")

    def _forget_before(self, steady: float) -> None:
        while self._recent and self._recent[0][0] < steady:
            self._recent.popleft()

    def _alerts(self) -> str:
        if not self._up:
            return "no alerts"
        blind = sum(1 for state in self._up.values() if state == "no data")
        firing = [rule for (rule, _), state in self._up.items() if state != "no data"]
        parts = ([f"{blind} on no data"] if blind else []) + ([", ".join(sorted(set(firing)))] if firing else [])
        return "alerts: " + "; ".join(parts)

    def _note_alert(self, event: AlertChanged) -> None:
        key = (event.rule, str(sorted(event.labels.items())))
        if event.state in _UP:
            self._up[key] = event.state
        else:
            self._up.pop(key, None)


def _fitted(clock: str, phase: str, figures: str, *, columns: int) -> str:
    """Put the living line together: one that is wider than the screen would stay above the next one."""
    room = columns - 1 - len(clock) - len(figures)
    named = f"{phase} · " if phase else ""
    if len(named) > room:
        named = f"{phase[: room - 4]}… · " if room > LEAST_OF_A_PHASE else ""
    return f"{clock}{named}{figures}"[: columns - 1]


def _sentence(event: Event) -> str:  # noqa: PLR0911 - one return an event
    match event:
        case StepStarted():
            return event.name
        case Jumped():
            return f"… {spoken(event.length_seconds)} crossed"
        case FaultApplied():
            return f"✗ fault: {event.fault} ({event.sees})"
        case FaultRemoved():
            return f"✓ {event.fault} is gone, by {event.by} ({count(event.hits, 'hit')})"
        case PageSent():
            what = event.alerts[0] if len(event.alerts) == 1 else f"{len(event.alerts)} alerts"
            return f"☎ {event.responder} is paged (level {event.level}): {what}"
        case MetricsMapped():
            return _mapped(event.assignments)
        case WebhookAnswered() if not 200 <= event.status < 300:
            return f"! webhook {event.url}: {event.trouble or f'it answered {event.status}'}"
        case PageAcknowledged():
            return f"☎ {event.responder} acknowledges"
        case RemedyPerformed():
            return f"→ {event.by}: {event.remedy}"
        case DiagnosisMade():
            return f"? {event.by}: {event.finding}"
        case HarnessTroubled():
            return f"! the harness is in trouble: {event.where}: {event.error}"
        case _:
            return ""


def _mapped(assignments: Sequence[str]) -> str:
    guesses = [assignment for assignment in assignments if not assignment.endswith("(declared)")]
    if len(guesses) > METRICS_AT_MOST:
        return f"≈ {len(guesses)} metrics are guessed by name: the report says what for, and --roles FILE corrects it"
    return f"\n{' ' * 10}".join(f"≈ {guess}" for guess in guesses)
