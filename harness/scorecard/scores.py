"""How good each rule is, and what all of them together leave open.

*Precision* is the share of a rule's alerts that were about something that mattered, *recall* the share of what mattered
that it noticed. *Detection time* runs from the beginning of a fault to the alert, *reset time* from its end until the
alert is gone. What matters is a fault that diners or monitoring felt.

Pairs of faults count for no rule; they show whether one fault hides another.

Source: Google, The Site Reliability Workbook, chapter 5, "Alerting on SLOs": alerting considerations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from statistics import median

from harness.alerting.conditions import PrometheusCondition
from harness.alerting.logql import LogExpression
from harness.alerting.promql import METRIC_NAME, metric_names
from harness.alerting.rules import AlertRule, RecordingRule, RuleGroup
from harness.scorecard.plays import Play
from harness.scorecard.replay import Outcome, Ring

_OWN = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
"""What rules write besides what they record."""

ENOUGH_TO_TELL = 3
"""With fewer faults that matter, ringing at all of them proves no lack of diagnostic power."""


@dataclass(frozen=True, slots=True)
class Reset:
    """How long an alert stayed after its fault was gone."""

    seconds: float
    is_open: bool
    """Whether it still stood at the end, so that the time is a lower bound."""


@dataclass(frozen=True, slots=True)
class RuleScore:
    """What one rule is worth."""

    rule: str
    detected: dict[str, float]
    """Each trial that matters and that it noticed, and after how many seconds."""
    missed: tuple[str, ...]
    """The trials that matter, and that it did not notice."""
    resets: tuple[Reset, ...]
    """One for each trial that it noticed."""
    true_alarms: int
    """How often it came up about something that matters."""
    false_alarms: tuple[str, ...]
    """The trials in which it came up about nothing, one for each time."""
    failure: str = ""
    """Why it could not be evaluated, if it could not."""
    never_came: tuple[str, ...] = ()
    """The metrics it reads that were pushed in no trial, and that no rule records."""

    @property
    def never_rang(self) -> bool:
        """Whether it came up in no trial at all."""
        return not self.true_alarms and not self.false_alarms

    @property
    def rings_at_everything(self) -> bool:
        """Whether it tells that something is wrong, and never what."""
        return len(self.detected) >= ENOUGH_TO_TELL and not self.missed

    @property
    def precision(self) -> float | None:
        """The share of its alarms that were about something; None when it never rang."""
        alarms = self.true_alarms + len(self.false_alarms)
        return self.true_alarms / alarms if alarms else None

    @property
    def recall(self) -> float | None:
        """The share of what matters that it noticed; None when nothing mattered."""
        mattering = len(self.detected) + len(self.missed)
        return len(self.detected) / mattering if mattering else None

    @property
    def detection_seconds(self) -> float | None:
        """From the beginning of a fault to the alert: the median."""
        return median(self.detected.values()) if self.detected else None

    @property
    def reset_seconds(self) -> float | None:
        """From the end of a fault until the alert is gone: the median; a lower bound when `outlasts`."""
        return median(reset.seconds for reset in self.resets) if self.resets else None

    @property
    def outlasts(self) -> bool:
        """Whether it still stood at the end of half the trials that it noticed, or of more."""
        return 2 * sum(reset.is_open for reset in self.resets) >= max(1, len(self.resets))


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What a set of rules is worth."""

    rules: tuple[RuleScore, ...]
    """In the order of the file."""
    outcomes: tuple[Outcome, ...]
    """What was played, pairs included."""
    unjudged: tuple[Play, ...]
    """What could not be played, or not to its end."""

    @property
    def singles(self) -> tuple[Outcome, ...]:
        """All that was played but the pairs."""
        return tuple(one for one in self.outcomes if not _is_pair(one))

    @property
    def skipped(self) -> tuple[Play, ...]:
        """What could not be played."""
        return tuple(play for play in self.unjudged if play.skipped)

    @property
    def broken_off(self) -> tuple[Play, ...]:
        """What the harness failed at: nothing is known of it, so that the rest is no whole answer."""
        return tuple(play for play in self.unjudged if play.broken_off)

    @property
    def undetected(self) -> tuple[str, ...]:
        """The trials that matter and that no rule noticed."""
        return tuple(one.play.trial.name for one in self.singles if one.play.matters and not one.detected_by())

    @property
    def storms(self) -> dict[str, int]:
        """The trials at which most of the rules ring, so that together they name no cause; each with how many do."""
        counts = {one.play.trial.name: len(one.detected_by()) for one in self.singles}
        most = max(ENOUGH_TO_TELL, len(self.rules) // 2 + 1)
        return {name: count for name, count in counts.items() if count >= most}

    @property
    def unproven(self) -> tuple[str, ...]:
        """The trials with a fault that hit nothing, as far as could be seen."""
        return tuple(one.play.trial.name for one in self.outcomes if one.play.missed)

    @property
    def unfelt(self) -> tuple[str, ...]:
        """The faults that nobody felt: nothing is expected of rules there."""
        return tuple(one.play.trial.name for one in self.singles if _breaks(one) and not one.play.matters)

    @property
    def not_quiet(self) -> dict[str, tuple[str, ...]]:
        """The trials that must stay quiet and did not, each with the rules that came up."""
        loud = (one for one in self.singles if one.play.trial.must_stay_quiet and one.rings)
        return {one.play.trial.name: tuple(sorted({ring.rule for ring in one.rings})) for one in loud}

    @property
    def masked(self) -> tuple[str, ...]:
        """The pairs whose second fault is noticed alone, and by nobody on top of the first."""
        alone = {one.play.trial.name for one in self.singles if one.detected_by()}
        pairs = (one for one in self.outcomes if _is_pair(one) and one.play.trial.faults[1] in alone)
        return tuple(one.play.trial.name for one in pairs if not one.tells_of_the_second())

    @property
    def is_good(self) -> bool:
        """Whether everything that matters is noticed, and nothing rings that must stay quiet."""
        return not (self.undetected or self.not_quiet or self.masked or any(rule.failure for rule in self.rules))


def scorecard(groups: Sequence[RuleGroup], outcomes: Sequence[Outcome], *, unjudged: Sequence[Play] = ()) -> Scorecard:
    """Score rules by what they made of the plays."""
    rules = {rule.name: rule for group in groups for rule in group.alerts}
    singles = [one for one in outcomes if not _is_pair(one)]
    known = {kept.labels.get(METRIC_NAME, "") for one in outcomes for kept in one.play.series} | _OWN
    known |= {rule.name for group in groups for rule in group.rules if isinstance(rule, RecordingRule)}
    scores = (replace(_score(name, singles), never_came=_never_came(rule, known)) for name, rule in rules.items())
    return Scorecard(tuple(scores), tuple(outcomes), tuple(unjudged))


def _never_came(rule: AlertRule, known: Set[str]) -> tuple[str, ...]:
    asked = rule.condition
    queries = [asked] if isinstance(asked, PrometheusCondition) else asked.queries
    over_series = [each.expression for each in queries if not isinstance(each.expression, LogExpression)]
    return tuple(sorted({name for each in over_series for name in metric_names(each)} - known))


def _score(rule: str, outcomes: Sequence[Outcome]) -> RuleScore:
    noticed = {one.play.trial.name: one.about(rule) for one in outcomes if one.play.matters}
    rings = [(one, ring) for one in outcomes for ring in one.rings if ring.rule == rule]
    about = [(one, ring) for one, ring in rings if one.is_about_the_fault(ring)]
    return RuleScore(
        rule,
        detected={one.play.trial.name: one.detected_by()[rule] for one in outcomes if one.about(rule)},
        missed=tuple(name for name, found in noticed.items() if not found),
        resets=tuple(_resets(rule, outcomes)),
        true_alarms=len(about),
        false_alarms=tuple(one.play.trial.name for one, ring in rings if not one.is_about_the_fault(ring)),
        failure=next((one.failures[rule] for one in outcomes if rule in one.failures), ""),
    )


def _resets(rule: str, outcomes: Sequence[Outcome]) -> Iterator[Reset]:
    for one in outcomes:
        found: tuple[Ring, ...] = one.about(rule)
        if found:
            last = max(found, key=lambda ring: ring.ends)
            yield Reset(max(0.0, last.ends - one.play.heals), last.is_open)


def _is_pair(outcome: Outcome) -> bool:
    return len(outcome.play.trial.faults) > 1


def _breaks(outcome: Outcome) -> bool:
    return not outcome.play.trial.must_stay_quiet
