from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.alerting.promql import (
    ParseError,
    Threshold,
    compile,  # noqa: A004
    longest_window,
    metric_names,
    split_threshold,
)
from harness.alerting.promql.parser import parse
from harness.alerting.promql.syntax import Binary


def test_metric_names_are_those_written_anywhere_in_the_expression() -> None:
    text = 'sum(rate(a[5m])) / on() {__name__="b"} > topk(scalar(c), d) or max_over_time(e[1h:]) or {__name__=~"f"}'
    assert metric_names(compile(text)) == {"a", "b", "c", "d", "e"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("m", 300),
        ("m offset 1m", 360),
        ("rate(m[10m])", 600),
        ("rate(m[10m] offset 5m)", 900),
        ("rate(m[10m] offset -20m)", 0),
        ("max_over_time(rate(m[5m])[1h:] offset 1m)", 3960),
        ("m + rate(m[1h]) > 5", 3600),
        ("m @ 5", 0),
        ("time()", 0),
    ],
)
def test_longest_window_is_how_far_back_an_expression_looks(text: str, seconds: float) -> None:
    assert longest_window(compile(text)) == timedelta(seconds=seconds)


def test_longest_window_beyond_all_calendars_is_the_longest_there_is() -> None:
    text = "m[2000000y:1y]"
    for _ in range(3):
        text = f"max_over_time({text})[2000000y:1y]"
    assert longest_window(compile(text)) <= timedelta.max


@pytest.mark.parametrize(
    ("text", "query", "operator", "value"),
    [
        ("m > 5", "m", ">", 5),
        ("5 < m", "m", ">", 5),
        ("5 >= m", "m", "<=", 5),
        ("(sum(rate(m[5m])) > (14.4 * 0.001))", "sum(rate(m[5m]))", ">", 14.4 * 0.001),
        ("a > b > 5", "a > b", ">", 5),
        ("a == -1", "a", "==", -1),
        ('a{x=">"} != 3 # > 4', 'a{x=">"}', "!=", 3),
        ("((a)) <= (5)", "((a))", "<=", 5),
        ("-5 > sum(a) by (b)", "sum(a) by (b)", "<", -5),
        ("((5) == a) ", "a", "==", 5),
        ("a > Inf", "a", ">", float("inf")),
        ("a > 5m", "a", ">", 300),
    ],
)
def test_threshold_is_split_from_what_it_compares(text: str, query: str, operator: str, value: float) -> None:
    assert split_threshold(text) == Threshold(query, operator, value)


@pytest.mark.parametrize(
    "text", ["m", "m > bool 5", "a > b", "5 < a < b", "a > 5 or b", "1 == bool 2", "a + 5", "m > time()"]
)
def test_expression_of_another_form_is_not_split(text: str) -> None:
    assert split_threshold(text) is None


def test_text_that_is_no_expression_cannot_be_split() -> None:
    with pytest.raises(ParseError, match="'m >'"):
        split_threshold("m >")


QUERIES = st.sampled_from(
    ["m", "(m)", 'm{a=">", b="("}', "rate(m[5m])", "a > b", "(a > 1)", "sum(m) by (x)", "a or b", "-m"]
)
OPERATORS = st.sampled_from(["==", "!=", ">", "<", ">=", "<="])
NUMBERS = st.sampled_from(["1", "-2", "(3)", "0.5 * 2", "-(1 + 2)", "1e3"])


@settings(max_examples=40, deadline=None)
@given(query=QUERIES, operator=OPERATORS, number=NUMBERS, flipped=st.booleans(), wrapped=st.booleans())
def test_split_threshold_gives_back_the_very_query(
    query: str, operator: str, number: str, flipped: bool, wrapped: bool
) -> None:
    text = f"{number} {operator} ({query})" if flipped else f"({query}) {operator} {number}"
    split = split_threshold(f"( {text} )" if wrapped else text)
    node = parse(text)
    assert split is not None
    assert isinstance(node, Binary)
    assert parse(split.query_text) == (node.right if flipped else node.left)
