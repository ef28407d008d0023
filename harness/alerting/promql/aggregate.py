"""Aggregations: many samples of a vector put together into few."""

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from harness.alerting.promql.errors import EvaluationError
from harness.alerting.promql.labels import METRIC_NAME, NO_LABELS, Labels
from harness.alerting.promql.moment import Moment, ScalarAt, Semantics, VectorAt
from harness.alerting.promql.numeric import (
    drifting_mean,
    highest,
    lowest,
    mean,
    nan_first,
    plain_total,
    quantile,
    total,
    variance,
)
from harness.alerting.promql.syntax import Grouping
from harness.alerting.promql.values import Sample, Vector

_MAX_K = 2.0**63

Reduction = Callable[[Sequence[float]], float]

REDUCTIONS: Mapping[str, Reduction] = {
    "avg": mean,
    "count": lambda values: float(len(values)),
    "group": lambda _: 1.0,
    "max": highest,
    "min": lowest,
    "stddev": lambda values: math.sqrt(variance(values)),
    "stdvar": variance,
    "sum": total,
}
"""Aggregations that need nothing but the values of a group."""


def _variance_of_several(values: Sequence[float]) -> float:
    return variance(values) if len(values) > 1 else 0.0  # of one, even of NaN or an infinity


_IN_PROMETHEUS_2: Mapping[str, Reduction] = {
    "avg": lambda values: drifting_mean(values, compensates=False),
    "stddev": lambda values: math.sqrt(_variance_of_several(values)),
    "stdvar": _variance_of_several,
    "sum": plain_total,
}

GroupOf = Callable[[Labels], Labels]


def group_of(grouping: Grouping) -> GroupOf:
    """The labels of the group a sample belongs to, as a function of its own."""
    if grouping.is_without:
        dropped = frozenset((*grouping.labels, METRIC_NAME))
        return lru_cache(maxsize=8192)(lambda labels: labels.without(dropped))
    if not grouping.labels:
        return lambda _: NO_LABELS
    kept = frozenset(grouping.labels)
    return lru_cache(maxsize=8192)(lambda labels: labels.keep(kept))


def reduced(op: str, inner: VectorAt, group: GroupOf, *, semantics: Semantics = Semantics.V3) -> VectorAt:
    """One value a group, out of its values."""
    reduction = REDUCTIONS[op] if semantics.reckons_as_3 else _IN_PROMETHEUS_2.get(op, REDUCTIONS[op])

    def evaluate(moment: Moment) -> Vector:
        groups: dict[Labels, list[float]] = {}
        for sample in inner(moment):
            groups.setdefault(group(sample.labels), []).append(sample.value)
        return [Sample(labels, reduction(values)) for labels, values in groups.items()]

    return evaluate


def quantiles(share_at: ScalarAt, inner: VectorAt, group: GroupOf) -> VectorAt:
    """The value below which a share of each group lies."""

    def evaluate(moment: Moment) -> Vector:
        share = share_at(moment)
        return [
            Sample(labels, quantile([sample.value for sample in samples], share))
            for labels, samples in _grouped(inner(moment), group).items()
        ]

    return evaluate


def extremes(count_at: ScalarAt, inner: VectorAt, group: GroupOf, *, largest: bool) -> VectorAt:
    """The k largest or smallest samples of each group, the most extreme first and NaN last."""
    choose, key = (heapq.nlargest, _nan_lowest) if largest else (heapq.nsmallest, _nan_highest)

    def evaluate(moment: Moment) -> Vector:
        count = _whole(count_at(moment))
        return [
            sample
            for samples in _grouped(inner(moment), group).values()
            for sample in choose(min(count, len(samples)), samples, key=key)
        ]

    return evaluate


def limited(count_at: ScalarAt, inner: VectorAt, group: GroupOf) -> VectorAt:
    """The first k samples of each group, whichever they are."""

    def evaluate(moment: Moment) -> Vector:
        count = _whole(count_at(moment))
        return [sample for samples in _grouped(inner(moment), group).values() for sample in samples[:count]]

    return evaluate


def counted(label: str, inner: VectorAt, grouping: Grouping) -> VectorAt:
    """How often each value occurs in each group; the value becomes a label."""
    if not grouping.is_without:
        grouping = Grouping(is_without=False, labels=(*grouping.labels, label))
    group = group_of(grouping)

    def evaluate(moment: Moment) -> Vector:
        labelled = [Sample(s.labels.replacing(label, plain_number(s.value)), s.value) for s in inner(moment)]
        return [Sample(labels, float(len(samples))) for labels, samples in _grouped(labelled, group).items()]

    return evaluate


def plain_number(value: float) -> str:
    """A number in as few digits as tell it apart, without an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{Decimal(repr(value)):f}".removesuffix(".0")


def _grouped(samples: Vector, group: GroupOf) -> dict[Labels, Vector]:
    groups: dict[Labels, Vector] = {}
    for sample in samples:
        groups.setdefault(group(sample.labels), []).append(sample)
    return groups


def _whole(count: float) -> int:
    if math.isnan(count) or abs(count) >= _MAX_K:
        raise EvaluationError(f"it is asked for {count:g} samples of each group; any whole number is allowed")
    return max(0, int(count))


def _nan_lowest(sample: Sample) -> tuple[bool, float]:
    return nan_first(sample.value)


def _nan_highest(sample: Sample) -> tuple[bool, float]:
    return math.isnan(sample.value), sample.value
