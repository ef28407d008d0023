"""The words that both alert state machines share: what an evaluation found, an instance of a rule, a standing alert."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from harness.alerting.promql import Labels, Sample
from harness.alerting.templates import Subject
from harness.events import AlertChanged, AlertState

if TYPE_CHECKING:
    from harness.alerting.routing import Route

Reason = Literal["threshold", "no data", "error", "missing series", "resolved", "paused"]

_ROUNDING_SECONDS = 1e-6
"""Steady seconds have ten digits before the point: a subtraction may lose this much."""


Ask = Callable[[str], Sequence[Sample]]
"""Answers an expression as of the evaluation that is under way: what `query` in a template asks."""


def ask_nobody(_text: str) -> list[Sample]:
    """Answer nothing, where there is nobody to ask."""
    return []


@dataclass(frozen=True, slots=True)
class Result:
    """What one evaluation says of one series."""

    labels: Labels
    """The series; with its metric name where the expression keeps it."""
    value: float | None
    """What was seen; None when this series had nothing to look at."""
    breached: bool
    """Whether the rule's condition holds."""
    values: Mapping[str, float | None] = field(default_factory=dict)
    """What each query and step of a Grafana rule gave for this series, by its name."""
    series: Mapping[str, Labels] = field(default_factory=dict)
    """Of values that are about another series, as those of classic conditions are, its labels."""

    def about(self, *, now: float, ask: Ask = ask_nobody) -> Subject:
        """Give what a template may say of it."""
        return Subject(self.labels, self.value, self.values, ask, now, self.series)


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
    route: Route | None = None
    """Where it goes, past the routing tree; the tree decides where its rule does not."""
    about: Subject | None = field(default=None, compare=False)
    """What was seen of it last; a Prometheus keeps that to itself."""


@dataclass(slots=True)
class Instance:
    """One series of a rule, as its state machine remembers it."""

    series: Labels
    """Labels of the query's series."""
    labels: Labels
    """Labels of the alert: the series' and the rule's."""
    about: Subject
    """What templates see: the series and its values, as last seen."""
    seen: float
    """The last evaluation that said something of it."""
    since: float
    """When its present state began."""
    state: AlertState = "inactive"
    """Where it is."""
    reason: Reason = "resolved"
    """Why it is there."""

    @property
    def value(self) -> float | None:
        """What was last seen."""
        return self.about.value

    def move(self, state: AlertState, *, rule: str, reason: Reason, now: float) -> AlertChanged:
        """Go to another state, and tell."""
        previous, self.state, self.reason, self.since = self.state, state, reason, now
        labels = dict(self.labels)
        return AlertChanged(rule=rule, labels=labels, previous=previous, state=state, reason=reason, value=self.value)


def has_lasted(length: timedelta, *, since: float, now: float) -> bool:
    """Say whether a length of time has passed."""
    return now - since >= length.total_seconds() - _ROUNDING_SECONDS
