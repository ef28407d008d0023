"""What the incident report is written from: everything that is worked out of a history once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from harness.checks import Judgement, Metrics, metrics
from harness.checks.alerts import GOING_OFF
from harness.checks.metrics import FaultMetrics
from harness.checks.people import Action, human_actions
from harness.checks.traffic import Outage, purchase_outages, site_outages
from harness.events import AlertChanged, FaultApplied, FaultHit, FaultRemoved, PageSent
from harness.history import History
from harness.report.effects import Effect, effects

HIDDEN = timedelta(minutes=1)
"""A fault that hits nobody for this long is one that nobody could have noticed."""


@dataclass(frozen=True, slots=True)
class FaultStory:
    """One fault, from its start to its end."""

    applied: FaultApplied
    hit: FaultHit | None
    removed: FaultRemoved | None
    measured: FaultMetrics

    @property
    def felt(self) -> datetime:
        """When diners began to feel it."""
        return self.hit.at if self.hit else self.applied.at

    @property
    def was_hidden(self) -> bool:
        """Whether it was there for a while before anybody could feel it."""
        return self.felt - self.applied.at > HIDDEN

    @property
    def was_healed(self) -> bool:
        """Whether the harness had to end it, because nobody else did."""
        return self.removed is None or self.removed.by == "heal"

    @property
    def passed(self) -> bool:
        """Whether the system got over it by itself, or it was made to last so long and no longer."""
        return self.removed is not None and self.removed.by in ("itself", "time to live")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a history shows, worked out."""

    history: History
    judgement: Judgement
    measured: Metrics
    faults: tuple[FaultStory, ...]
    effects: tuple[Effect, ...]
    """What each remedy changed."""
    site: tuple[Outage, ...]
    """When nobody got anything."""
    purchases: tuple[Outage, ...]
    """When nobody could buy anything, though the service answered."""
    alerts: tuple[AlertChanged, ...]
    """Each time that an alert went off."""
    pages: tuple[PageSent, ...]
    actions: tuple[Action, ...]
    """What people did about it."""

    @classmethod
    def of(cls, history: History, judgement: Judgement) -> Self:
        """Work them out."""
        measured = metrics(history)
        return cls(
            history,
            judgement,
            measured,
            tuple(_story(history, fault) for fault in measured.faults),
            effects(history),
            site_outages(history),
            purchase_outages(history),
            tuple(change for change in history.of(AlertChanged) if change.state in GOING_OFF),
            history.of(PageSent),
            human_actions(history),
        )

    @property
    def end(self) -> datetime:
        """When the history ends."""
        return self.history.events[-1].at

    @property
    def began(self) -> datetime:
        """When the incident began: with the first fault, else the first outage, else the run."""
        if self.faults:
            return self.faults[0].applied.at
        return min((outage.began for outage in (*self.site, *self.purchases)), default=self.history.run.at)


def _story(history: History, fault: FaultMetrics) -> FaultStory:
    applied = history.first(FaultApplied, lambda event: event.id == fault.id)
    assert applied is not None, "it was measured from this event"
    hit = history.first(FaultHit, lambda event: event.id == fault.id)
    return FaultStory(applied, hit, history.first(FaultRemoved, lambda event: event.id == fault.id), fault)
