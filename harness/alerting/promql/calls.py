"""Function calls: from a name and arguments to what is evaluated."""

import math
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from harness.alerting.promql.aggregate import plain_number
from harness.alerting.promql.errors import ParseError
from harness.alerting.promql.functions import CALENDAR, ELEMENTWISE
from harness.alerting.promql.histogram import histogram_fraction, histogram_quantile
from harness.alerting.promql.label_functions import Relabel, check_name, label_join, label_replace
from harness.alerting.promql.labels import NO_LABELS, Labels
from harness.alerting.promql.moment import Moment, ScalarAt, VectorAt
from harness.alerting.promql.numeric import nan_first
from harness.alerting.promql.over_time import KEEPS_NAME, RANGE_FUNCTIONS
from harness.alerting.promql.selectors import instant_times
from harness.alerting.promql.syntax import Call, Node, Range, Selector, kind_of
from harness.alerting.promql.values import Kind, Sample, Vector, unique

if TYPE_CHECKING:
    from harness.alerting.promql.compiler import Compiler

_DIGITS = re.compile("([0-9]+)")
_ONLY_IN = {"holt_winters": "2.x", "double_exponential_smoothing": "3.x"} | dict.fromkeys(
    ("end", "max_of", "min_of", "range", "start", "step"), "3.x"
)
_OF_THE_QUERY: Mapping[str, ScalarAt] = {
    "end": lambda moment: moment.end_ms / 1000,
    "pi": lambda _: math.pi,
    "range": lambda moment: (moment.end_ms - moment.start_ms) / 1000,
    "start": lambda moment: moment.start_ms / 1000,
    "step": lambda moment: moment.step_ms / 1000,
    "time": lambda moment: moment.now_ms / 1000,
}


def scalar_call(call: Call, compiler: "Compiler") -> ScalarAt:
    """A function that gives a scalar.

    Raises:
        ParseError: There is no such function in the Prometheus the expression was written for, or in this engine.
    """
    _demand_release(call, compiler)
    if call.name in _OF_THE_QUERY:
        return _OF_THE_QUERY[call.name]
    if call.name in {"max_of", "min_of"}:
        return _larger_or_smaller(call, compiler)
    inner = compiler.vector(call.args[0])

    def only_value(moment: Moment) -> float:
        samples = inner(moment)
        return samples[0].value if len(samples) == 1 else math.nan

    return only_value


def _larger_or_smaller(call: Call, compiler: "Compiler") -> ScalarAt:
    first, second = map(compiler.scalar, call.args)
    choose = max if call.name == "max_of" else min

    def chosen(moment: Moment) -> float:
        pair = first(moment), second(moment)
        return math.nan if any(map(math.isnan, pair)) else choose(pair)

    return chosen


def _demand_release(call: Call, compiler: "Compiler") -> None:
    release = "3.x" if compiler.dialect.semantics.is_3 else "2.x"
    if _ONLY_IN.get(call.name, release) != release:
        raise ParseError(f"{call.name}() exists in Prometheus {_ONLY_IN[call.name]} only")


def vector_call(call: Call, compiler: "Compiler") -> VectorAt:
    """A function that gives a vector.

    Raises:
        ParseError: There is no such function in the Prometheus the expression was written for, or in this engine.
    """
    _demand_release(call, compiler)
    if call.name in RANGE_FUNCTIONS:
        return _over_windows(call, compiler)
    if call.name in ELEMENTWISE:
        return _elementwise(call, compiler)
    if call.name in CALENDAR:
        return _calendar(call, compiler)
    if call.name not in _BUILDERS:
        raise ParseError(f"the function {call.name}() is not supported")
    return _BUILDERS[call.name](call, compiler)


def _over_windows(call: Call, compiler: "Compiler") -> VectorAt:
    function, keeps_name = RANGE_FUNCTIONS[call.name], call.name in KEEPS_NAME
    windows_at = compiler.windows(next(arg for arg in call.args if kind_of(arg) is Kind.MATRIX))
    scalars = [compiler.scalar(arg) for arg in call.args if kind_of(arg) is not Kind.MATRIX]

    def evaluate(moment: Moment) -> Vector:
        parameters = [scalar(moment) for scalar in scalars]
        samples = []
        for window in windows_at(moment):
            value = function(window, *parameters)
            if value is not None:
                labels = window.series.labels
                samples.append(Sample(labels if keeps_name else labels.nameless, value))
        return samples if keeps_name else unique(samples)

    return evaluate


def _elementwise(call: Call, compiler: "Compiler") -> VectorAt:
    function, inner = ELEMENTWISE[call.name], compiler.vector(call.args[0])
    scalars = [compiler.scalar(arg) for arg in call.args[1:]]

    def evaluate(moment: Moment) -> Vector:
        parameters = [scalar(moment) for scalar in scalars]
        if call.name == "clamp" and parameters[0] > parameters[1]:
            return []
        return unique([Sample(s.labels.nameless, function(s.value, *parameters)) for s in inner(moment)])

    return evaluate


def _calendar(call: Call, compiler: "Compiler") -> VectorAt:
    function = CALENDAR[call.name]
    if not call.args:
        return lambda moment: [Sample(NO_LABELS, function(moment.now_ms / 1000))]
    inner = compiler.vector(call.args[0])
    return lambda moment: unique([Sample(s.labels.nameless, function(s.value)) for s in inner(moment)])


def _absent(call: Call, compiler: "Compiler") -> VectorAt:
    missing, inner = [Sample(_labels_asked_for(call.args[0]), 1.0)], compiler.vector(call.args[0])
    return lambda moment: [] if inner(moment) else missing.copy()


def _absent_over_time(call: Call, compiler: "Compiler") -> VectorAt:
    missing, inner = [Sample(_labels_asked_for(call.args[0]), 1.0)], compiler.windows(call.args[0])
    return lambda moment: [] if inner(moment) else missing.copy()


def _labels_asked_for(node: Node) -> Labels:
    """The labels a missing series would surely have: those a selector asks for by one equality, last of all.

    Source: Prometheus, promql/functions.go, createLabelsForAbsentFunction.
    """
    selector = node.selector if isinstance(node, Range) else node
    if not isinstance(selector, Selector):
        return NO_LABELS
    wanted: dict[str, str] = {}  # an empty text stands for a label that was asked for more than once
    for matcher in selector.matchers:
        is_first = matcher.op == "=" and matcher.name not in wanted
        if is_first:
            wanted[matcher.name] = matcher.value
        elif matcher.name in wanted:
            wanted[matcher.name] = ""
    return Labels(wanted).nameless


def _histogram_quantile(call: Call, compiler: "Compiler") -> VectorAt:
    share, inner = compiler.scalar(call.args[0]), compiler.vector(call.args[1])
    return lambda moment: unique(histogram_quantile(inner(moment), share(moment)))


def _histogram_fraction(call: Call, compiler: "Compiler") -> VectorAt:
    low, high, inner = compiler.scalar(call.args[0]), compiler.scalar(call.args[1]), compiler.vector(call.args[2])
    return lambda moment: unique(histogram_fraction(inner(moment), low(moment), high(moment)))


def _histogram_quantiles(call: Call, compiler: "Compiler") -> VectorAt:
    """The value at several shares at once, each in a label of its own."""
    inner, label = compiler.vector(call.args[0]), compiler.text(call.args[1])
    check_name(label, compiler.dialect)
    shares = [compiler.scalar(arg) for arg in call.args[2:]]

    def evaluate(moment: Moment) -> Vector:
        buckets = inner(moment)
        found = ((share, histogram_quantile(buckets, share)) for share in [share(moment) for share in shares])
        return unique(
            [Sample(s.labels.replacing(label, _share(share)), s.value) for share, samples in found for s in samples]
        )

    return evaluate


def _share(share: float) -> str:
    return repr(share) if math.isfinite(share) else plain_number(share)


def _relabelled(call: Call, compiler: "Compiler") -> VectorAt:
    rewrite = label_replace if call.name == "label_replace" else label_join
    relabel: Relabel = rewrite([compiler.text(arg) for arg in call.args[1:]], compiler.dialect)
    inner = compiler.vector(call.args[0])

    def evaluate(moment: Moment) -> Vector:
        samples = []
        for sample in inner(moment):
            moment.meter.charge_samples(1)  # a slow pattern may take a while on each
            samples.append(Sample(relabel(sample.labels), sample.value))
        return unique(samples)

    return evaluate


def _sorted(call: Call, compiler: "Compiler") -> VectorAt:
    inner, sign = compiler.vector(call.args[0]), -1 if call.name == "sort_desc" else 1
    return lambda moment: sorted(inner(moment), key=lambda s: (math.isnan(s.value), nan_first(sign * s.value)))


def _sorted_by_label(call: Call, compiler: "Compiler") -> VectorAt:
    inner, names = compiler.vector(call.args[0]), [compiler.text(arg) for arg in call.args[1:]]
    descends = call.name == "sort_by_label_desc"

    def key(sample: Sample) -> tuple[list[list[tuple[bool, int, str]]], Labels]:
        return [_natural(sample.labels.value(name)) for name in names], sample.labels

    return lambda moment: sorted(inner(moment), key=key, reverse=descends)


def _natural(text: str) -> list[tuple[bool, int, str]]:
    """A key that sorts numbers inside texts by their size: a2 before a10."""
    return [
        (False, len(digits := part.lstrip("0")), digits) if index % 2 else (True, 0, part)
        for index, part in enumerate(_DIGITS.split(text))
        if part
    ]


def _timestamp(call: Call, compiler: "Compiler") -> VectorAt:
    inner = call.args[0]
    if isinstance(inner, Selector):
        times = instant_times(inner, compiler.dialect)
        return lambda moment: unique([Sample(s.labels.nameless, s.value) for s in times(moment)])
    vector = compiler.vector(inner)
    return lambda moment: unique([Sample(s.labels.nameless, moment.now_ms / 1000) for s in vector(moment)])


def _vector(call: Call, compiler: "Compiler") -> VectorAt:
    scalar = compiler.scalar(call.args[0])
    return lambda moment: [Sample(NO_LABELS, scalar(moment))]


_BUILDERS: Mapping[str, Callable[[Call, "Compiler"], VectorAt]] = {
    "absent": _absent,
    "absent_over_time": _absent_over_time,
    "histogram_fraction": _histogram_fraction,
    "histogram_quantile": _histogram_quantile,
    "histogram_quantiles": _histogram_quantiles,
    "label_join": _relabelled,
    "label_replace": _relabelled,
    "sort": _sorted,
    "sort_by_label": _sorted_by_label,
    "sort_by_label_desc": _sorted_by_label,
    "sort_desc": _sorted,
    "timestamp": _timestamp,
    "vector": _vector,
}
