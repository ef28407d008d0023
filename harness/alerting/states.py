"""The words that both alert state machines share: what an evaluation found, an instance of a rule, a standing alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from harness.alerting.promql import Labels
from harness.events import AlertChanged, AlertState

Reason = Literal["threshold", "no data", "error", "missing series", "resolved", "paused"]

_ROUNDING_SECONDS = 1e-6
"""Steady seconds have ten digits before the point: a subtraction may lose this much."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one evaluation says of one series."""

    labels: Labels
    """The series, without its metric name."""
    value: float | None
    """What was seen; None when this series had nothing to look at."""
    breached: bool
    """Whether the rule's condition holds."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that stands, as the notifier is told of it."""

    rule: str
    """The rule it comes from."""
    labels: Labels
    """What tells it from all others, and what it is grouped by."""
    annotations: Mapping[str, str]
    """What it says to people."""
    starts_at: float
    """Since when it stands, in steady seconds."""


@dataclass(slots=True)
class Instance:
    """One series of a rule, as its state machine remembers it."""

    series: Labels
    """Labels of the query's series; templates see these."""
    labels: Labels
    """Labels of the alert: the series' and the rule's."""
    seen: float
    """The last evaluation that said something of it."""
    since: float
    """When its present state began."""
    state: AlertState = "inactive"
    """Where it is."""
    reason: Reason = "resolved"
    """Why it is there."""
    value: float | None = None
    """What was last seen."""

    def move(self, state: AlertState, *, rule: str, reason: Reason, now: float) -> AlertChanged:
        """Go to another state, and tell."""
        previous, self.state, self.reason, self.since = self.state, state, reason, now
        labels = dict(self.labels)
        return AlertChanged(rule=rule, labels=labels, previous=previous, state=state, reason=reason, value=self.value)


def has_lasted(length: timedelta, *, since: float, now: float) -> bool:
    """Say whether a length of time has passed."""
    return now - since >= length.total_seconds() - _ROUNDING_SECONDS
