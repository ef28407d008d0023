from __future__ import annotations

from datetime import timedelta

import pytest

from harness.alerting import logql
from harness.alerting.promql import (
    EvaluationError,
    Kind,
    LimitExceeded,
    ParseError,
    SeriesStore,
    Threshold,
    longest_window,
)
from tests.harness.alerting.logql.scripts import ask, every, store_of

ERRORS, ALL = 'count_over_time({app="a"} |= "error" [1m])', 'count_over_time({app="a"}[1m])'
STORE = store_of(
    *every(10, until=300, text="fine", app="a", host="1"),
    *every(20, until=300, text="error", app="a", host="1"),
    *every(30, until=300, text="fine", app="a", host="2"),
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (f"sum({ALL})", {"{}": 11.0}),
        (f"sum by (host) ({ALL})", {'{host="1"}': 9.0, '{host="2"}': 2.0}),
        (f"sum without (app) ({ALL}) > 5", {'{host="1"}': 9.0}),
        (f"{ERRORS} / {ALL}", {'{app="a",host="1"}': 3 / 9}),
        (f"100 * sum({ERRORS}) / sum({ALL}) > bool 50", {"{}": 0.0}),
        (f"{ALL} unless {ERRORS}", {'{app="a",host="2"}': 2.0}),
        (f"{ERRORS} or {ALL}", {'{app="a",host="1"}': 3.0, '{app="a",host="2"}': 2.0}),
        (f"sum({ALL}) or vector(0)", {"{}": 11.0}),
        (f"topk(1, {ALL})", {'{app="a",host="1"}': 9.0}),
        (f'label_replace({ERRORS}, "h", "$1", "host", "(.*)")', {'{app="a",h="1",host="1"}': 3.0}),
        (
            f"{ALL} * on (host) group_left () sum by (host) ({ALL})",
            {'{app="a",host="1"}': 81.0, '{app="a",host="2"}': 4.0},
        ),
        ("vector(1) + 1", {"{}": 2.0}),
        ("2 * 3", {"": 6.0}),
    ],
)
def test_expression_around_lines_is_evaluated_as_promql_is(text: str, answer: dict[str, float]) -> None:
    assert ask(text, STORE) == {labels: pytest.approx(value) for labels, value in answer.items()}


def test_expression_knows_how_far_back_it_looks() -> None:
    def window(text: str) -> timedelta:
        return longest_window(logql.compile(text))

    assert window(ALL) == timedelta(minutes=1)
    assert window(f"{ALL} / {ALL.replace('[1m]', '[5m] offset 1h')}") == timedelta(hours=1, minutes=5)
    assert logql.compile(ALL).kind is Kind.VECTOR


def test_expression_over_a_range_of_time_has_a_value_at_each_step() -> None:
    found = logql.compile(f"sum by (host) ({ALL})").between(STORE, start=100, end=220, step=timedelta(minutes=1))
    assert [(str(each.labels), list(each.points)) for each in found] == [
        ('{host="1"}', [(100.0, 9.0), (160.0, 9.0), (220.0, 9.0)]),
        ('{host="2"}', [(100.0, 2.0), (160.0, 2.0), (220.0, 2.0)]),
    ]


def test_expression_over_too_many_steps_is_stopped() -> None:
    with pytest.raises(LimitExceeded, match="steps"):
        logql.compile(ALL).between(STORE, start=0, end=1e9, step=timedelta(seconds=1))


def test_expression_where_there_are_no_lines_to_ask_says_so() -> None:
    with pytest.raises(EvaluationError, match="asks for log lines, and there are none here, only series"):
        logql.compile(ALL).at(SeriesStore(), 0)


@pytest.mark.parametrize("now", [300.0004, 1_733_055_840.0005, 1_733_055_840.1234567])
def test_expression_at_a_fraction_of_a_millisecond_has_its_value(now: float) -> None:
    assert ask('absent_over_time({app="c"}[7s])', STORE, now) == {'{app="c"}': 1.0}


@pytest.mark.parametrize(
    ("text", "is_logql"),
    [
        ('{app="a"}', False),
        ('{app="a"} |= "x"', True),
        ('rate({app="a"} | json [1m])', True),
        (ALL, True),
        ('sum(rate(({app="a"})[5m]))', True),
        ('quantile_over_time(0.9, {app="a"}[5m])', True),
        ('count_over_time(up{app="a"}[5m])', False),
        ('count_over_time({__name__="up", app="a"}[5m])', False),
        ('absent({app="a"})', False),
        ('sum(up{pattern="a|b"}) > 0', False),
        ("# sums | and counts\nsum(up)", False),
        ("rate(x[5m])", False),
        ("", False),
        ("$$ ¯ \x00 {", False),
    ],
)
def test_expression_is_told_from_promql(text: str, is_logql: bool) -> None:
    assert logql.is_logql(text) is is_logql


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        (f"sum({ERRORS}) > 5", Threshold(f"sum({ERRORS})", ">", 5.0)),
        (f"0.5 < {ERRORS} / {ALL}", Threshold(f"{ERRORS} / {ALL}", ">", 0.5)),
        (f"sum({ERRORS}) > bool 5", None),
        (ERRORS, None),
    ],
)
def test_expression_is_taken_apart_at_its_threshold_in_its_authors_words(
    text: str, threshold: Threshold | None
) -> None:
    assert logql.split_threshold(text) == threshold


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{app="a"} |= "x"', "these are lines, and a rule needs a number: write count_over_time"),
        (f"histogram_quantile(0.9, {ALL})", "LogQL has no function histogram_quantile"),
        (f"absent({ALL})", "LogQL has no function absent"),
        (f"group({ALL})", "LogQL has no aggregation group"),
        (f"sum_over_time(({ALL})[5m:1m])", "expected '{', at column 16"),
        (f"abs(({ALL})[5m:1m])", "in the LogQL expression"),
        (f"{ALL} + up", "a metric stands beside log lines"),
        (f"{ALL} + logql_0", "a metric stands beside log lines"),
        (f"sum({ALL}", "in the LogQL expression"),
        (f"{ALL} >", "in the LogQL expression"),
        (f"{ALL} {ALL}", "in the LogQL expression"),
    ],
)
def test_expression_that_is_no_logql_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ParseError) as refused:
        logql.compile(text)
    assert complaint in str(refused.value)
    assert "logql_1" not in str(refused.value)


def test_expression_that_is_nested_too_deeply_is_stopped() -> None:
    with pytest.raises(LimitExceeded, match="nested too deeply"):
        logql.compile("count_over_time(" + "(" * 100_000)
