"""Whatever is written, it is compiled and evaluated, or refused as one of the engine's own errors."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.alerting import logql
from harness.alerting.promql import PromQLError
from tests.harness.alerting.logql.scripts import every, store_of

STORE = store_of(*every(10, until=60, text='{"status":500}', app="a"), *every(7, until=60, text="x=5 y", app="b"))

WORDS = """sum by ( ) { } [ ] , | |= != |~ =~ = == > < "a" "(" `x` json logfmt unwrap line_format app status 5m 1h 0 1.5
    - count_over_time rate sum_over_time quantile_over_time absent_over_time offset or and unless on $__auto "{{.x}}" #
    {app="a"} [1m] {app=~".+"} duration bool topk vector"""
words = st.sampled_from(WORDS.split())
stages = st.sampled_from(
    ['|= "500"', '!= "x"', '|~ "[0-9]+"', "| json", "| logfmt", '| status="500"', "| status > 5", '| __error__=""',
     "| unwrap status", "| unwrap x", "| line_format `{{.status}}`", '| app="a" or app="b"'],
)  # fmt: skip
ranges = st.builds(
    lambda function, chain, length: f'{function}({{app=~".+"}} {" ".join(chain)} [{length}])',
    st.sampled_from(["count_over_time", "rate", "bytes_rate", "sum_over_time", "max_over_time", "absent_over_time"]),
    st.lists(stages, max_size=4),
    st.sampled_from(["1m", "10s", "1h"]),
)
expressions = st.recursive(
    ranges,
    lambda inner: st.one_of(
        inner.map(lambda each: f"sum by (app) ({each})"),
        st.builds(
            lambda left, op, right: f"({left}) {op} ({right})",
            inner,
            st.sampled_from(["+", "/", ">", "or", "and"]),
            inner,
        ),
        inner.map(lambda each: f"{each} > 0"),
    ),
    max_leaves=4,
)


def try_out(text: str) -> None:
    logql.is_logql(text)
    with contextlib.suppress(PromQLError):
        logql.split_threshold(text)
    with contextlib.suppress(PromQLError):
        logql.compile(text).at(STORE, 60)


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(st.lists(words, max_size=14).map(" ".join) | st.text(max_size=40))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    try_out(text)


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(expressions)
def test_any_expression_is_evaluated_or_refused(text: str) -> None:
    try_out(text)
