"""Finds samples that make a rule go off, and samples under which it is quiet, by trying.

For each metric that the rule reads there are series that its selector selects, with values made from the numbers that
the rule compares with: far above, far below, on them and between them, rising, swinging, or not there at all. A trial
is one evaluation of the rule's condition over its own window, so that hundreds of them take a second.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from harness.alerting.conditions import Condition, GrafanaCondition
from harness.alerting.logql import LogExpression, LoggedSeries
from harness.alerting.promql import METRIC_NAME, Expression, Labels, PromQLError, SeriesStore, longest_window
from harness.alerting.promql.syntax import Number, Range, Selector
from harness.alerting.provocation.feed import Feed, Plan, Shape
from harness.alerting.provocation.targets import targets_of, walk
from harness.alerting.rules import AlertRule, RecordingRule
from harness.telemetry.logs import LogStore

MOST_TRIALS = 3000
"""How many plans are tried before giving up."""

MOST_COPIES = 20
"""How many series one selector is fed with, for a rule that counts them."""

PUSH_INTERVAL = timedelta(seconds=15)
"""How far apart samples are, unless a window is too short for that or too long."""

_MILLISECOND = timedelta(milliseconds=1)
_NUMBER = re.compile(r"(?<![\w$.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Provocation:
    """What makes a rule go off."""

    calm: Plan | None
    """Under this it is quiet; None when nothing was found that keeps it so."""
    breach: Plan
    """Under this it goes off."""
    every: timedelta
    """How far apart samples are."""


def provocation(rule: AlertRule, *, recordings: Sequence[RecordingRule] = (), now: float) -> Provocation | None:
    """Find samples that make a rule go off by its condition; None when none were found.

    Args:
        rule: the rule.
        recordings: the rules that write what it reads, in the order of their evaluation.
        now: steady seconds; the instant of the trials.
    """
    most = max((abs(number) for number in numbers_of(rule.condition)), default=1.0)
    for copies in dict.fromkeys((1, min(MOST_COPIES, 1 + math.ceil(most)))):
        trial = Trial(rule, recordings=recordings, copies=copies, now=now)
        calm, breach = trial.first("quiet"), trial.first("breached")
        if breach is not None:
            return Provocation(calm, breach, trial.every)
        for before in itertools.islice(trial.each("quiet"), max(1, MOST_TRIALS // trial.count**2)):
            breach = trial.first("breached", before=before)
            if breach is not None:
                return Provocation(before, breach, trial.every)
    return None


def silencing(rule: AlertRule, *, recordings: Sequence[RecordingRule] = (), now: float) -> Provocation | None:
    """Find samples under which a rule is quiet, and let the breach be that they stop; None when none were found."""
    trial = Trial(rule, recordings=recordings, now=now)
    calm = trial.first("quiet")
    return Provocation(calm, dict.fromkeys(calm, Shape(is_silent=True)), trial.every) if calm else None


def why_not(rule: AlertRule, *, recordings: Sequence[RecordingRule] = (), now: float) -> str:
    """Say why nothing makes a rule go off, as far as the trials show it."""
    trial = Trial(rule, recordings=recordings, now=now)
    if not trial.targets and any(isinstance(each, LogExpression) for each in _expressions_of(rule.condition)):
        return "no log line was found that its selector and its filters would let through"
    if not trial.targets:
        return "it reads no series that could be made up, so nothing that a service does could change its answer"
    outcomes = Counter(trial.outcome(plan) for plan in trial.plans())
    tried = f"{sum(outcomes.values())} ways for {', '.join(target.name for target in trial.targets)} to go on"
    if trial.trouble and not outcomes["quiet"]:
        return f"it could not be evaluated in any of {tried}: {trial.trouble}"
    numbers = ", ".join(f"{number:g}" for number in sorted(numbers_of(rule.condition))) or "none"
    return f"its condition held in none of {tried}, around the numbers that it compares with ({numbers})"


class Trial:
    """Tries plans on one rule.

    Args:
        rule: the rule.
        recordings: the rules that write what it reads.
        copies: how many series each selector gets.
        now: the instant of the trials.
    """

    def __init__(
        self, rule: AlertRule, *, recordings: Sequence[RecordingRule] = (), copies: int = 1, now: float
    ) -> None:
        self._rule = rule
        self._recordings = recordings
        self._now = now
        expressions = [*_expressions_of(rule.condition), *(each.expression for each in recordings)]
        recorded = {each.name for each in recordings}
        self._window = max((longest_window(each) for each in expressions), default=timedelta())
        self._shortest = _shortest_range(expressions)
        self.every = max(_MILLISECOND, min(self._shortest / 4, max(PUSH_INTERVAL, self._window / 2000)))
        """How far apart samples are: the shortest range has four of them, the longest no more than 2000."""
        numbers = sorted(numbers_of(rule.condition))
        self.targets = targets_of(expressions, numbers=numbers, copies=copies, recorded=recorded)
        """What is fed."""
        self.trouble = ""
        """Why the rule could not be evaluated, the last time that it could not."""

    @property
    def count(self) -> int:
        """How many plans there are."""
        return min(MOST_TRIALS, math.prod(map(len, self._shapes())))

    def plans(self) -> Iterator[Plan]:
        """Give plans, the most promising first: at most MOST_TRIALS."""
        for chosen in itertools.islice(itertools.product(*self._shapes()), MOST_TRIALS):
            yield dict(zip(self.targets, chosen, strict=True))

    def _shapes(self) -> list[tuple[Shape, ...]]:
        most = max(2, int(MOST_TRIALS ** (1 / max(1, len(self.targets)))))
        return [target.shapes[:most] for target in self.targets]

    def each(self, wanted: str) -> Iterator[Plan]:
        """Give every plan with an outcome."""
        return (plan for plan in self.plans() if self.outcome(plan) == wanted)

    def first(self, wanted: str, *, before: Plan | None = None) -> Plan | None:
        """Give the first plan with an outcome; after another has held, for rules that compare now with then."""
        lasts = [timedelta(), self._shortest] if before else [timedelta()]
        tries = ((plan, last) for last in lasts for plan in self.plans())
        return next((plan for plan, last in tries if self.outcome(plan, before=before, last=last) == wanted), None)

    def outcome(self, plan: Plan, *, before: Plan | None = None, last: timedelta = timedelta()) -> str:
        """Try a plan: `breached`, `quiet`, or `no data` when the rule could not judge.

        Args:
            plan: how the series go on.
            before: how they went on before, if that was otherwise.
            last: for how long they have gone on by the plan by then.
        """
        store = LoggedSeries(LogStore())
        feed, seconds = Feed(store), self.every.total_seconds()
        steps, since = math.ceil(self._window / self.every) + 2, math.ceil(last / self.every)
        for step in range(steps, -1, -1):
            mine = before if before and step > since else plan
            feed.push(mine, at=self._now - step * seconds, seconds=seconds)
        try:
            for each in self._recordings:
                record(each, store, now=self._now)
            results = self._rule.condition.results(store, now=self._now)
        except PromQLError as error:
            self.trouble = str(error)
            return "no data"
        if any(each.breached for each in results):
            return "breached"
        is_seen = bool(results) or not isinstance(self._rule.condition, GrafanaCondition)
        return "quiet" if is_seen and not any(shape.is_silent for shape in plan.values()) else "no data"


def record(rule: RecordingRule, store: SeriesStore, *, now: float) -> None:
    """Write what a recording rule gives at an instant.

    Raises:
        PromQLError: when its expression does not fit the data.
    """
    answer = rule.expression.at(store, now)
    found = [(Labels(), answer)] if isinstance(answer, float) else [(each.labels, each.value) for each in answer]  # type: ignore[union-attr]
    for labels, value in found:
        store.append(Labels({**labels, **rule.labels, METRIC_NAME: rule.name}), now, value)


def recordings_read_by(rule: AlertRule, every: Iterable[RecordingRule]) -> list[RecordingRule]:
    """Give the recording rules that a rule reads, directly or through others, in their order."""
    known = list(every)
    wanted = set(_names_of(_expressions_of(rule.condition)))
    while True:
        more = {name for each in known if each.name in wanted for name in _names_of([each.expression])} - wanted
        if not more:
            return [each for each in known if each.name in wanted]
        wanted |= more


def _expressions_of(condition: Condition) -> list[Expression]:
    if isinstance(condition, GrafanaCondition):
        return [query.expression for query in condition.queries]
    return [condition.expression]


def _names_of(expressions: Iterable[Expression]) -> Iterator[str]:
    for expression in expressions:
        for node in walk(expression.syntax):
            if isinstance(node, Selector):
                yield from (each.value for each in node.matchers if each.name == METRIC_NAME and each.op == "=")


def numbers_of(condition: Condition) -> set[float]:
    """Give every number that a condition compares or reckons with."""
    found = {
        node.value
        for expression in _expressions_of(condition)
        for node in walk(expression.syntax)
        if isinstance(node, Number)
    }
    if isinstance(condition, GrafanaCondition):
        found |= {float(number) for step in condition.steps for number in _NUMBER.findall(str(step))}
    return {number for number in found if math.isfinite(number)}


def _shortest_range(expressions: Iterable[Expression]) -> timedelta:
    every = list(expressions)
    ranges = [node.range_ms for each in every for node in walk(each.syntax) if isinstance(node, Range)]
    ranges += [counted.range_ms for each in every if isinstance(each, LogExpression) for counted in each.ranges]
    return min(ranges, default=300_000) * _MILLISECOND
