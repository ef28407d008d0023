"""Whatever is written, and whatever is in the store: a value comes out, or a PromQLError."""

import math
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.alerting.promql import (
    STALE_NAN,
    Dialect,
    Kind,
    Limits,
    PromQLError,
    Semantics,
    SeriesStore,
    compile,  # noqa: A004
    longest_window,
    metric_names,
    split_threshold,
)
from harness.alerting.promql.functions import CALENDAR, ELEMENTWISE
from harness.alerting.promql.over_time import RANGE_FUNCTIONS

LIMITS = Limits(max_samples=20_000, max_steps=200)
FRAGMENTS = st.sampled_from(
    [
        *(
            "m",
            "n{",
            "}",
            "(",
            ")",
            "[",
            "]",
            ",",
            "+",
            "-",
            "*",
            "/",
            "^",
            "%",
            "==",
            "!=",
            ">",
            "<",
            "bool",
            "and",
            "or",
        ),
        *(
            "unless",
            "on",
            "ignoring",
            "group_left",
            "by",
            "without",
            "sum",
            "topk",
            "rate",
            "m[5m]",
            "5m",
            "1",
            "-1",
            "0x1F",
        ),
        *(
            "1e400",
            "NaN",
            "Inf",
            "offset",
            "@",
            "start()",
            "end()",
            "`",
            '"',
            "'",
            "#",
            "\\",
            '{a=~".*"}',
            '{a="b"}',
            ":",
        ),
        *("$__interval", "é", "\n"),
    ]
)
TEXTS = st.one_of(st.text(max_size=40), st.lists(FRAGMENTS, max_size=12).map(" ".join))

SCALARS = st.sampled_from(["0", "1", "-2.5", "NaN", "Inf", "-Inf", "1e300", "time()", "scalar(m)", "pi()"])
TEXT_ARGUMENTS = st.sampled_from(['"a"', '"b"', '"$1"', '"(.*)"', '"x|(y)"', '""', '"le"', '"("', '"(a)?"'])
SHIFTS = st.sampled_from(["", " offset 10s", " offset -10s", " @ 30", " @ -5", " @ end() offset 5s"])
NAMES = st.sampled_from(["m", "n", 'm{a="1"}', 'm{a!~"1|2"}', '{__name__=~"m|n"}', "gone"])
SELECTORS = st.builds("{}{}".format, NAMES, SHIFTS)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "^", "atan2", "==", "!=", "> bool", "<", ">=", "<= bool"])
MATCHINGS = st.sampled_from(["", "on (a)", "ignoring (b)", "on () group_left", "on (a) group_right (b)", "on (a, b)"])


def vectors(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    windows = st.one_of(
        st.builds("{}[30s]{}".format, NAMES, SHIFTS),
        st.builds("({})[30s:{}]{}".format, inner, st.sampled_from(["10s", "7s", "1ms"]), SHIFTS),
    )
    grouping = st.sampled_from(["", "by (a)", "without (a, b)", "by ()", "by (__name__)"])
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(sorted(RANGE_FUNCTIONS)), windows),
        st.builds("quantile_over_time({}, {})".format, SCALARS, windows),
        st.builds("predict_linear({}, {})".format, windows, SCALARS),
        st.builds("double_exponential_smoothing({}, {}, {})".format, windows, SCALARS, SCALARS),
        st.builds("absent_over_time({})".format, windows),
        st.builds(
            "{}({})".format,
            st.sampled_from([*ELEMENTWISE, *CALENDAR, "sort", "sort_desc", "absent", "timestamp", "-", "+"]),
            inner,
        ),
        st.builds("clamp({}, {}, {})".format, inner, SCALARS, SCALARS),
        st.builds("round({}, {})".format, inner, SCALARS),
        st.builds("histogram_quantile({}, {})".format, SCALARS, inner),
        st.builds("histogram_fraction({}, {}, {})".format, SCALARS, SCALARS, inner),
        st.builds(
            "label_replace({}, {}, {}, {}, {})".format,
            inner,
            *(TEXT_ARGUMENTS, TEXT_ARGUMENTS, TEXT_ARGUMENTS, TEXT_ARGUMENTS),
        ),
        st.builds("label_join({}, {}, {}, {})".format, inner, TEXT_ARGUMENTS, TEXT_ARGUMENTS, TEXT_ARGUMENTS),
        st.builds("sort_by_label({}, {})".format, inner, TEXT_ARGUMENTS),
        st.builds(
            "{} {} ({})".format, st.sampled_from(["sum", "avg", "min", "stddev", "group", "count"]), grouping, inner
        ),
        st.builds("{} {} ({}, {})".format, st.sampled_from(["topk", "bottomk", "quantile"]), grouping, SCALARS, inner),
        st.builds("count_values {} ({}, {})".format, grouping, TEXT_ARGUMENTS, inner),
        st.builds("({}) {} {} ({})".format, inner, OPERATORS, MATCHINGS, inner),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or", "unless on (a)"]), inner),
        st.builds("({}) {} {}".format, inner, OPERATORS, SCALARS),
        st.builds("{} {} ({})".format, SCALARS, OPERATORS, inner),
        st.builds("vector({})".format, SCALARS),
    )


EXPRESSIONS = st.recursive(SELECTORS, vectors, max_leaves=5)
VALUES = st.one_of(st.floats(), st.sampled_from([0.0, 1.0, 5.0, math.inf, math.nan, STALE_NAN]))
SERIES = st.tuples(
    st.fixed_dictionaries(
        {"__name__": st.sampled_from("mn")},
        optional={
            "a": st.sampled_from("12"),
            "b": st.sampled_from("xy"),
            "le": st.sampled_from(["1", "5", "+Inf", "z"]),
        },
    ),
    st.lists(VALUES, max_size=6),
)


def store_of(series: list[tuple[dict[str, str], list[float]]]) -> SeriesStore:
    store = SeriesStore()
    for labels, values in series:
        for index, value in enumerate(values):
            store.append(labels, index * 10, value)
    return store


def evaluate(text: str, store: SeriesStore, semantics: Semantics) -> None:
    with suppress(PromQLError):
        split_threshold(text)
        expression = compile(text, dialect=Dialect(semantics), limits=LIMITS)
        assert longest_window(expression) >= timedelta()
        assert all(metric_names(expression))
        expression.at(store, 45.5)
        if expression.kind in {Kind.SCALAR, Kind.VECTOR}:
            expression.between(store, start=0, end=50, step=timedelta(seconds=25))


@given(TEXTS)
@settings(max_examples=50, deadline=None)
def test_any_text_gives_a_value_or_a_promql_error(text: str) -> None:
    evaluate(text, SeriesStore(), Semantics.V3)


@given(EXPRESSIONS, st.lists(SERIES, max_size=4), st.sampled_from(Semantics))
@settings(max_examples=12, deadline=None)
def test_any_small_expression_gives_a_value_or_a_promql_error(
    text: str, series: list[tuple[dict[str, str], list[float]]], semantics: Semantics
) -> None:
    evaluate(text, store_of(series), semantics)


@pytest.mark.slow
@given(TEXTS | EXPRESSIONS, st.lists(SERIES, max_size=6), st.sampled_from(Semantics))
@settings(max_examples=800, deadline=None)
def test_many_texts_and_expressions_give_a_value_or_a_promql_error(
    text: str, series: list[tuple[dict[str, str], list[float]]], semantics: Semantics
) -> None:
    evaluate(text, store_of(series), semantics)
