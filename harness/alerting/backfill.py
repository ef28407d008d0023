"""A healthy past: series are continued backwards, so that long windows have seen more than one scenario.

A ratio over six hours whose store holds half an hour is a ratio over half an hour, and an alert on it goes off much
sooner than it would in production. So what went on in a healthy stretch is taken to have gone on before it, too:
counters rose at the same rate, and everything else was at its mean.

Rules of this file: nothing inside the healthy stretch changes but the height from which a counter starts; a series that
was not there while all was well has no past.

Source: facts on alerting, section 5: without a past a fresh harness detects faster than production.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise
from statistics import fmean, median

from harness.alerting.conditions import GrafanaCondition
from harness.alerting.promql import METRIC_NAME, SeriesStore, longest_window
from harness.alerting.promql.store import Series, milliseconds
from harness.alerting.rules import AlertRule, RecordingRule, RuleGroup

COUNTERS = ("_total", "_count", "_sum", "_bucket")
"""How the names of counters end."""

DENSE = timedelta(hours=1)
"""So much of the past has samples as often as the present."""

SAMPLES_AT_MOST = 5000
"""Of a series before that; a day of pushes every 15 s is nearly as dense as the present. Of more days a mean leans
towards the recent past, and a rate does not."""

LOOKBACK = timedelta(minutes=4)
"""Samples are never further apart than this, so that no series seems stale."""


def longest_look(groups: Iterable[RuleGroup]) -> timedelta:
    """Say how far back the rules of some groups look at the most."""
    return max((_look(rule) for group in groups for rule in group.rules), default=timedelta())


def backfill(store: SeriesStore, *, healthy_from: float, healthy_until: float, reach: timedelta) -> None:
    """Replace what a store holds from before a healthy stretch by more of the same.

    Args:
        store: every series in it is continued; what rules wrote into it should not be there yet.
        healthy_from: when the stretch begins, in steady seconds.
        healthy_until: when it ends.
        reach: how far back the past goes.
    """
    for series in store.select(()):
        _continue(series, milliseconds(healthy_from), milliseconds(healthy_until), reach)


def _look(rule: AlertRule | RecordingRule) -> timedelta:
    if isinstance(rule, RecordingRule):
        return longest_window(rule.expression)
    condition = rule.condition
    if isinstance(condition, GrafanaCondition):
        return max((query.window for query in condition.queries), default=timedelta())
    return condition.window


def _continue(series: Series, healthy_from: int, healthy_until: int, reach: timedelta) -> None:
    series.drop_before(healthy_from)
    stop = bisect_right(series.times, healthy_until)
    if stop < 2:
        return
    times, values = series.times[:stop], series.values[:stop]
    first, spacing = times[0], max(1, round(median(b - a for a, b in pairwise(times))))
    ages = list(_ages(spacing, milliseconds(reach.total_seconds())))
    if series.labels.value(METRIC_NAME).endswith(COUNTERS):
        slope = _rise(values) / (times[-1] - first)
        _lift(series, slope * ages[0] if ages else 0.0)
        past = [series.values[0] - slope * age for age in ages]
    else:
        level = fmean(value for value in values if math.isfinite(value)) if any(map(math.isfinite, values)) else 0.0
        past = [level] * len(ages)
    series.times[:0] = array("q", (first - age for age in ages))
    series.values[:0] = array("d", past)


def _ages(spacing: int, reach: int) -> Iterator[int]:
    """Give how long before the first sample each sample of the past was, the oldest first."""
    dense = min(reach, DENSE // timedelta(milliseconds=1))
    recent = range(spacing, dense + spacing, spacing)
    apart = max(spacing, min(reach // SAMPLES_AT_MOST, LOOKBACK // timedelta(milliseconds=1)))
    yield from reversed(range(recent[-1] + apart, reach + apart, apart)) if recent else ()
    yield from reversed(recent)


def _rise(values: array[float]) -> float:
    """Say how far a counter rose, resets and all."""
    return sum(after - before if after >= before else after for before, after in pairwise(values))


def _lift(series: Series, height: float) -> None:
    """Let a counter start higher, up to its first reset, so that its past need not fall below zero."""
    stop = bisect_left(series.times, series.drop_times[0]) if series.drop_times else len(series.times)
    for index in range(stop):
        series.values[index] += height
    if series.drop_heights:
        series.drop_heights[0] += height
