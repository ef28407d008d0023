"""Runs promtool's unit tests of rules, and tells what came of them in promtool's words.

All groups are evaluated at every `evaluation_interval`, beginning at the start, with the samples that had come in by
then. Alerts are compared after the last evaluation that is not later than their moment, expressions at the very end.

Where promtool passes in silence a case about an alert that no rule can give, a warning says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from harness.alerting.engine import RuleEngine
from harness.alerting.go_format import go_duration, label_set, model_duration, quoted, scientific
from harness.alerting.loading import load_rule_file
from harness.alerting.promql import Dialect, Labels, PromQLError, Sample, SeriesStore
from harness.alerting.promql.notation import labels_of
from harness.alerting.reading import Reading
from harness.alerting.rules import GrafanaVersion, RuleGroup, compile_expression
from harness.alerting.states import Alert
from harness.alerting.unit_test_file import (
    AlertCase,
    ExpectedAlert,
    ExpressionCase,
    TestGroup,
    UnitTestFile,
    read_unit_test_file,
)
from harness.errors import ScenarioError

_INDENT = " " * 12
_OF_GRAFANA = frozenset({"DatasourceNoData", "DatasourceError"})
"""Names under which people are told of rules that Grafana judges."""


@dataclass(frozen=True, slots=True)
class UnitTests:
    """What came of one file."""

    lines: tuple[str, ...]
    """What promtool would print."""
    exit_code: int
    """0 when all is as expected, 1 when something is not, 2 when the file, or a rule file, cannot be read."""


def run_unit_tests(path: Path, *, dialect: Dialect, grafana: GrafanaVersion = 12) -> UnitTests:
    """Run a unit-test file.

    Args:
        path: the file.
        dialect: what expressions mean where they do not say; the step of subqueries is the file's interval.
        grafana: whose manners rules that Grafana judges have.
    """
    head = f"Unit Testing:  {path}"
    try:
        file = read_unit_test_file(path)
        warnings = [f"  WARNING: no file match pattern {pattern}" for pattern in file.unmatched]
        stepped = Dialect(dialect.semantics, dialect.lookback, subquery_step=file.interval)
        told = [line for group in file.groups for line in _Story(file, group, dialect=stepped, grafana=grafana).told()]
    except ScenarioError as error:
        return UnitTests((head, "  FAILED:", str(error), "", ""), 2)
    warnings += [line for line in told if line.startswith("  WARNING")]
    failures = [line for line in told if not line.startswith("  WARNING")]
    if not failures:
        return UnitTests((head, *warnings, "  SUCCESS", ""), 0)
    return UnitTests((head, *warnings, "  FAILED:", *(line for each in failures for line in (each, "")), ""), 1)


class _Story:
    """One test group while it is run."""

    def __init__(self, file: UnitTestFile, group: TestGroup, *, dialect: Dialect, grafana: GrafanaVersion) -> None:
        self._file = file
        self._group = group
        self._dialect = dialect
        self._store = SeriesStore()
        reading = Reading(dialect=dialect, external=group.external)
        rules = [each for path in file.rule_files for each in load_rule_file(path, reading).groups]
        self._engine = RuleEngine(_in_order(rules, file.order), self._store, grafana=grafana)

    def told(self) -> Iterator[str]:
        """Tell every warning and failure, in promtool's order."""
        yield from self._unheard()
        waiting = sorted(self._group.alerts, key=lambda case: case.at)
        coming = iter(_samples(self._group))
        ahead = next(coming, None)
        for at in _moments(self._group.length, self._file.interval):
            now = self._group.start + at.total_seconds()
            while ahead is not None and ahead[0] <= now:
                self._store.append(ahead[1], ahead[0], ahead[2])
                ahead = next(coming, None)
            evaluation = self._engine.evaluate(now)
            if evaluation.failures:
                yield from (
                    f"    rule: {rule}, time: {go_duration(at)}, err: {reason}"
                    for rule, reason in evaluation.failures.items()
                )
                return
            due = [case for case in waiting if case.at < at + self._file.interval]
            waiting = waiting[len(due) :]
            yield from (line for case in due for line in self._alert_failure(case, evaluation.alerts))
        yield from (line for case in self._group.expressions for line in self._expression_failure(case))

    def _unheard(self) -> Iterator[str]:
        known = {rule.name for group in self._engine.groups for rule in group.alerts} | _OF_GRAFANA
        for name in sorted({case.name for case in self._group.alerts} - known):
            yield f"  WARNING: no rule has the alertname {name}"

    def _alert_failure(self, case: AlertCase, alerts: Iterable[Alert]) -> Iterator[str]:
        got = [
            ExpectedAlert(alert.labels, Labels(alert.annotations))
            for alert in alerts
            if alert.labels.value("alertname") == case.name
        ]
        expected, got = _sorted(case.expected), _sorted(got)
        if expected != got:
            name = f"    name: {self._group.name},\n" if self._group.name else ""
            when = f"    alertname: {case.name}, time: {model_duration(case.at)}, "
            yield f"{name}{when}\n        exp:{_listed(expected)}, \n        got:{_listed(got)}"

    def _expression_failure(self, case: ExpressionCase) -> Iterator[str]:
        where = f"    expr: {quoted(case.text)}, time: {model_duration(case.at)},"
        try:
            expected = [Sample(_labels(each.text), each.value) for each in case.expected]
            got = self._ask(case)
        except PromQLError as error:
            yield f"{where} err: {error}"
            return
        expected, got = _by_labels(expected), _by_labels(got)
        if not self._agree(expected, got):
            yield f"{where}\n        exp: {_samples_text(expected)}\n        got: {_samples_text(got)}"

    def _ask(self, case: ExpressionCase) -> list[Sample]:
        expression = compile_expression(case.text, dialect=self._dialect)
        answer = expression.at(self._store, self._group.start + case.at.total_seconds())
        if isinstance(answer, float):
            return [Sample(Labels(), answer)]
        return [each for each in answer if isinstance(each, Sample)]

    def _agree(self, expected: Sequence[Sample], got: Sequence[Sample]) -> bool:
        return len(expected) == len(got) and all(
            one.labels == other.labels and self._is_same(one.value, other.value)
            for one, other in zip(expected, got, strict=True)
        )

    def _is_same(self, expected: float, got: float) -> bool:
        if expected == got or (math.isnan(expected) and math.isnan(got)):
            return True
        neighbours = (math.nextafter(expected, -math.inf), math.nextafter(expected, math.inf))
        return self._file.is_fuzzy and got in neighbours


def _in_order(groups: Iterable[RuleGroup], order: Sequence[str]) -> list[RuleGroup]:
    places = {name: place for place, name in enumerate(order)}
    return sorted(groups, key=lambda group: places.get(group.name, 0))


def _moments(length: timedelta, interval: timedelta) -> Iterator[timedelta]:
    return (turn * interval for turn in range(length // interval + 1))


def _samples(group: TestGroup) -> list[tuple[float, Labels, float]]:
    """Give every sample that comes in, in the order of time."""
    step = group.interval.total_seconds()
    latest = {series.labels: series.values for series in group.series}
    return sorted(
        (
            (group.start + index * step, labels, value)
            for labels, values in latest.items()
            for index, value in enumerate(values)
            if value is not None
        ),
        key=lambda sample: sample[0],
    )


def _labels(text: str) -> Labels:
    return labels_of(text.strip() or "{}")


def _sorted(alerts: Iterable[ExpectedAlert]) -> list[ExpectedAlert]:
    return sorted(alerts, key=lambda alert: (alert.labels, alert.annotations))


def _by_labels(samples: Iterable[Sample]) -> list[Sample]:
    return sorted(samples, key=lambda sample: sample.labels)


def _listed(alerts: Sequence[ExpectedAlert]) -> str:
    if not alerts:
        return "[]"
    entries = (
        f"\n{_INDENT}{place}:"
        f"\n{_INDENT}  Labels:{label_set(alert.labels)}"
        f"\n{_INDENT}  Annotations:{label_set(alert.annotations)}"
        for place, alert in enumerate(alerts)
    )
    return f"[{','.join(entries)}\n{_INDENT}]"


def _samples_text(samples: Sequence[Sample]) -> str:
    return ", ".join(f"{label_set(sample.labels)} {scientific(sample.value)}" for sample in samples) or "nil"
