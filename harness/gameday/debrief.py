"""What a team takes home: its times, the budget and earlier teams; what each remedy changed; and the draft report.

Pure, but for `earlier_teams`, which reads the index of kept runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.checks import Check, Judgement, acknowledged_within, detected_within, metrics, reset_within
from harness.durations import duration, spoken
from harness.history import History
from harness.report.effects import effects
from harness.report.incident import incident_report
from harness.report.shelf import Kept, indexed
from harness.report.timeline import remedy_words
from harness.report.verdict import summary, verdict_object


@dataclass(frozen=True, slots=True)
class Budget:
    """A time that a team is held to."""

    name: str
    """`MTTD`, …"""
    most: str
    """`5m`"""
    check: Callable[[str], Check]
    """What the run is judged by."""

    @property
    def field(self) -> str:
        """What it is called in a verdict's metrics."""
        return f"{self.name.lower()}_seconds"


BUDGETS = (
    Budget("MTTD", "5m", detected_within),
    Budget("MTTA", "10m", acknowledged_within),
    Budget("MTTR", "60m", reset_within),
)


@dataclass(frozen=True, slots=True)
class Lap:
    """One of the team's times, and what it is compared with."""

    name: str
    team: str
    budget: str
    kept: bool
    """Whether the team kept within the budget."""
    earlier: str
    """What earlier teams took."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A remedy, and what came of it."""

    helped: bool
    words: str


@dataclass(frozen=True, slots=True)
class Debrief:
    """A game day that is over."""

    verdict: Mapping[str, object]
    summary: str
    laps: tuple[Lap, ...]
    tried: tuple[Tried, ...]
    """Oldest first."""
    incident: str
    """The draft of the incident report, in Markdown."""

    @classmethod
    def of(cls, history: History, judgement: Judgement, *, directory: Path) -> Debrief:
        """Work it out.

        Args:
            history: what happened.
            judgement: what is concluded from it.
            directory: the run's own, whose neighbours are earlier teams.
        """
        measured = metrics(history)
        verdict = verdict_object(history, judgement, directory=str(directory))
        earlier = earlier_teams(directory, of=(history.run.scenario, history.run.stack))
        return cls(
            verdict,
            summary(verdict),
            tuple(_lap(budget, getattr(measured, budget.field), earlier) for budget in BUDGETS),
            tuple(Tried(one.helped, f"{one.remedy.at:%H:%M:%S} {remedy_words(one)}") for one in effects(history)),
            incident_report(history, judgement),
        )


def earlier_teams(directory: Path, *, of: tuple[str, str]) -> tuple[Kept, ...]:
    """Give the kept runs of the same story and stack that began before this one, oldest first."""
    kept = indexed(directory.parent)
    return tuple(run for run in kept if run.series == of and run.directory < directory.name)


def _lap(budget: Budget, seconds: float | None, earlier: Sequence[Kept]) -> Lap:
    most = duration(budget.most)
    times = [time for run in earlier if (time := getattr(run, budget.field)) is not None]
    return Lap(
        budget.name,
        "never" if seconds is None else spoken(seconds),
        spoken(most),
        seconds is not None and seconds <= most.total_seconds(),
        _compared(seconds, times, teams=len(earlier)),
    )


def _compared(seconds: float | None, times: Sequence[float], *, teams: int) -> str:
    if not teams:
        return "you are the first team"
    if not times:
        return f"none of {teams} got there"
    said = f"median {spoken(median(times))}, best {spoken(min(times))}, of {len(times)}"
    said += f" ({teams - len(times)} more never)" if teams > len(times) else ""
    if seconds is None:
        return said
    return f"{said}; place {1 + sum(time < seconds for time in times)} of {teams + 1}"
