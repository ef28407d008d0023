import math
from datetime import timedelta

import pytest

from harness.alerting.conditions import (
    COMPARISONS,
    Frame,
    GrafanaCondition,
    Number,
    Query,
    Reduce,
    Reducer,
    Threshold,
)
from harness.alerting.promql import STALE_NAN, EvaluationError, Labels, Points, SeriesStore
from harness.alerting.rules import compile_expression, grafana_condition, prometheus_condition
from harness.alerting.states import Result

GET = Labels({"__name__": "latency", "method": "GET"})


def store(**latency: float) -> SeriesStore:
    made = SeriesStore()
    for method, value in latency.items():
        made.append({"__name__": "latency", "method": method}, 0, value)
    return made


def test_prometheus_condition_gives_what_its_expression_returns_and_all_of_it_is_breached() -> None:
    (result,) = prometheus_condition("latency > 5").results(store(GET=9.0, PUT=1.0), now=1)
    assert result == Result(GET, 9.0, breached=True)


def test_prometheus_condition_that_is_a_number_has_one_result_without_labels() -> None:
    (result,) = prometheus_condition("1 + 1").results(SeriesStore(), now=1)
    assert result == Result(Labels(), 2.0, breached=True)


def test_grafana_condition_gives_every_series_with_its_value_and_whether_it_is_breached() -> None:
    results = grafana_condition("latency > 5").results(store(GET=9.0, PUT=1.0), now=1)
    assert [(each.labels["method"], each.value, each.breached) for each in results] == [
        ("GET", 9.0, True),
        ("PUT", 1.0, False),
    ]


def test_grafana_condition_without_an_answer_is_no_data_whatever_the_threshold() -> None:
    assert grafana_condition("latency < 5").results(SeriesStore(), now=1) == []


def test_grafana_condition_with_one_silent_query_of_two_is_no_data() -> None:
    queries = (Query("A", compile_expression("latency")), Query("B", compile_expression("nothing")))
    condition = GrafanaCondition("two", queries, (Threshold("C", "A", ">", (5,)),), outcome="C")
    assert condition.results(store(GET=9.0), now=1) == []


@pytest.mark.parametrize(("value", "breached"), [(0.0, False), (0.1, True), (-1.0, True), (math.nan, True)])
def test_grafana_condition_that_is_no_threshold_is_breached_by_all_but_zero(value: float, breached: bool) -> None:
    condition = GrafanaCondition("raw", (Query("A", compile_expression("latency")),), (), outcome="A")
    (result,) = condition.results(store(GET=value), now=1)
    assert result.breached is breached


@pytest.mark.parametrize(
    ("comparison", "breaching", "not_breaching"),
    [
        (">", 5.1, 5.0),
        ("<", 4.9, 5.0),
        (">=", 5.0, 4.9),
        ("<=", 5.0, 5.1),
        ("==", 5.0, 5.1),
        ("!=", math.nan, 5.0),
        ("in (,)", 6.0, 5.0),
        ("in [,]", 5.0, 4.9),
        ("not in (,)", 7.0, 6.9),
        ("not in [,]", 7.1, 7.0),
        (">", 6.0, math.nan),
        ("<", 4.0, math.nan),
        ("not in (,)", 4.9, math.nan),
    ],
)
def test_threshold_is_breached_on_its_wrong_side_only(comparison: str, breaching: float, not_breaching: float) -> None:
    threshold = Threshold("C", "A", COMPARISONS[comparison], (5, 7))
    assert threshold.apply(Number(GET, breaching)) == Number(GET, 1.0, judged=breaching)
    assert threshold.apply(Number(GET, not_breaching)).value == 0.0


def test_threshold_of_nothing_is_nothing() -> None:
    assert Threshold("C", "A", "<", (5,)).apply(Number(GET, None)) == Number(GET, None)


def points(*values: float) -> Frame:
    return Points(GET, [(float(at), value) for at, value in enumerate(values)])


@pytest.mark.parametrize(
    ("reducer", "expected"),
    [("last", 3.0), ("mean", 4.0), ("min", 2.0), ("max", 7.0), ("sum", 12.0), ("count", 3.0), ("median", 3.0)],
)
def test_reduce_brings_points_down_to_one_number(reducer: Reducer, expected: float) -> None:
    assert Reduce("B", "A", reducer).apply(points(2, 7, 3)) == Number(Labels({"method": "GET"}), expected)


def test_reduce_of_nan_poisons_drops_or_replaces_as_told() -> None:
    gap = points(2.0, math.nan, 4.0)
    poisoned = Reduce("B", "A", "mean").apply(gap).value
    assert poisoned is not None
    assert math.isnan(poisoned)
    assert Reduce("B", "A", "count").apply(gap).value == 3
    assert Reduce("B", "A", "last").apply(gap).value == 4
    assert Reduce("B", "A", "mean", "drop").apply(gap).value == 3
    assert Reduce("B", "A", "min", "replace", replacement=-1.0).apply(gap).value == -1


def test_reduce_that_drops_every_point_is_nothing_but_a_sum_of_zero() -> None:
    assert Reduce("B", "A", "max", "drop").apply(points(math.nan)).value is None
    assert Reduce("B", "A", "sum", "drop").apply(points(math.nan)).value == 0


def test_range_query_has_points_and_needs_to_be_reduced() -> None:
    made = SeriesStore()
    for at in range(0, 50, 10):
        made.append(GET, at, float(at))
    made.append(GET, 50, STALE_NAN)
    query = Query("A", compile_expression("latency"), reach=timedelta(seconds=60), step=timedelta(seconds=10))
    limit = Threshold("C", "B", ">", (35,))
    reduced = GrafanaCondition("last", (query,), (Reduce("B", "A", "last"), limit), outcome="C")
    assert [(each.value, each.breached) for each in reduced.results(made, now=70)] == [(40, True)]
    raw = GrafanaCondition("raw", (query,), (), outcome="A")
    with pytest.raises(EvaluationError, match=r"A has many points for each series.*Reduce it first"):
        raw.results(made, now=70)


def test_grafana_condition_whose_series_cannot_be_told_apart_is_an_error() -> None:
    made = store(GET=9.0)
    made.append({"__name__": "delay", "method": "GET"}, 0, 8.0)
    with pytest.raises(EvaluationError, match="the same labels"):
        grafana_condition('{__name__=~"latency|delay"} > 5').results(made, now=1)


def test_window_is_how_long_a_silent_service_still_has_an_answer() -> None:
    minutes = [
        prometheus_condition("latency > 5").window,
        grafana_condition("rate(x[1m]) > 5").window,
        GrafanaCondition(
            "", (Query("A", compile_expression("rate(x[1m])"), reach=timedelta(minutes=10)),), (), "A"
        ).window,
        GrafanaCondition(
            "", (Query("A", compile_expression("latency")), Query("B", compile_expression("rate(x[2m])"))), (), "A"
        ).window,
    ]
    assert [window / timedelta(minutes=1) for window in minutes] == [5, 1, 11, 2]
