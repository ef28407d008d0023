from __future__ import annotations

import pytest

from harness.alerting.promql import EvaluationError
from harness.telemetry import LogLine
from tests.harness.alerting.logql.scripts import ask, fields, line, store_of

STREAM = '{component="a"}'


def test_range_leaves_out_where_it_begins_and_holds_where_it_ends() -> None:
    store = store_of(*(line(instant, component="a") for instant in (0, 0.001, 30, 60, 60.001)))
    assert ask(f"count_over_time({STREAM}[1m])", store, 60) == {STREAM: 3.0}


@pytest.mark.parametrize(
    ("function", "value"),
    [("count_over_time", 2.0), ("rate", 2 / 60), ("bytes_over_time", 7.0), ("bytes_rate", 7 / 60)],
)
def test_function_of_lines(function: str, value: float) -> None:
    store = store_of(line(10, "abc", component="a"), line(20, "ééé"[:2], component="a"))
    assert ask(f"{function}({STREAM}[1m])", store, 60) == {STREAM: pytest.approx(value)}


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("rate", 10 / 60), ("sum_over_time", 10.0), ("avg_over_time", 2.5), ("min_over_time", 1.0),
        ("max_over_time", 4.0), ("first_over_time", 2.0), ("last_over_time", 4.0), ("stdvar_over_time", 1.25),
        ("stddev_over_time", 1.25**0.5), ("quantile_over_time", 2.5),
    ],
)  # fmt: skip
def test_function_of_unwrapped_values(function: str, value: float) -> None:
    store = store_of(*(fields(10 * n, {"component": "a"}, ms=ms) for n, ms in enumerate((2, 1, 3, 4), start=1)))
    share = "0.5, " if function == "quantile_over_time" else ""
    query = f"{function}({share}{STREAM} | json | unwrap ms [1m])"
    assert ask(query, store, 60) == {STREAM: pytest.approx(value)}


def test_lines_with_other_labels_found_in_them_are_other_series() -> None:
    store = store_of(fields(10, {"component": "a"}, path="/x"), fields(20, {"component": "a"}, path="/y"))
    assert ask(f"count_over_time({STREAM} | json [1m])", store, 60) == {
        '{component="a",path="/x"}': 1.0,
        '{component="a",path="/y"}': 1.0,
    }


def test_metadata_of_a_line_is_among_its_labels() -> None:
    store = store_of(LogLine({"component": "a"}, 10, "x", {"trace": "7"}), line(20, component="a"))
    assert ask(f'count_over_time({STREAM} | trace="7" [1m])', store, 60) == {'{component="a",trace="7"}': 1.0}


def test_grouping_puts_unwrapped_values_together() -> None:
    sent = [("x", 1, 10), ("x", 2, 20), ("y", 1, 30)]
    store = store_of(*(fields(at, {"component": "a"}, path=path, store=shop, ms=at) for path, shop, at in sent))
    lines = f"{STREAM} | json | unwrap ms [1m]"
    assert ask(f"max_over_time({lines}) by (path)", store, 60) == {'{path="x"}': 20.0, '{path="y"}': 30.0}
    assert ask(f"max_over_time({lines}) without (component, path)", store, 60) == {
        '{store="1"}': 30.0,
        '{store="2"}': 20.0,
    }


def test_range_without_lines_is_empty_and_not_0() -> None:
    assert ask(f"sum(count_over_time({STREAM}[1m]))", store_of(line(10, component="b")), 60) == {}


def test_offset_looks_further_back() -> None:
    store = store_of(line(10, component="a"), line(100, component="a"), line(110, component="a"))
    assert ask(f"count_over_time({STREAM}[1m] offset 1m)", store, 120) == {STREAM: 1.0}


def test_absence_is_1_with_the_labels_that_are_asked_for() -> None:
    query = 'absent_over_time({component="a", level=~"e.*", type!="x"} |= "boom" [1m])'
    assert ask(query, store_of(line(10, "fine", component="a", level="error")), 60) == {STREAM: 1.0}
    assert ask(query, store_of(line(10, "boom", component="a", level="error")), 60) == {}


def test_line_that_a_stage_could_not_deal_with_fails_the_evaluation_and_says_how_to_leave_it_out() -> None:
    store = store_of(line(10, "redacted", component="a"), fields(20, {"component": "a"}, path="/"))
    with pytest.raises(EvaluationError, match=r"pipeline error JSONParserErr in the line 'redacted'.*__error__=\"\""):
        ask(f"sum(count_over_time({STREAM} | json [1m]))", store, 60)
    assert ask(f'sum(count_over_time({STREAM} | json | __error__="" [1m]))', store, 60) == {"{}": 1.0}
    assert (
        ask(f'sum(count_over_time({STREAM} | json | __error__="JSONParserErr" | drop_me="" [1m]))', store_of(), 60)
        == {}
    )


def test_values_that_could_not_be_unwrapped_can_be_left_out_afterwards() -> None:
    store = store_of(fields(10, {"component": "a"}, ms="fast"), fields(20, {"component": "a"}, ms=5))
    query = f'sum_over_time({STREAM} | json | unwrap ms | __error__="" [1m])'
    assert ask(query, store, 60) == {STREAM: 5.0}
