import math
from datetime import timedelta

import pytest

from harness.alerting.comparisons import COMPARISONS
from harness.alerting.conditions import GrafanaCondition, Query, Threshold
from harness.alerting.frames import Frame, Number, Series
from harness.alerting.grafana_math import Math
from harness.alerting.grafana_reduce import Reduce, Reducer
from harness.alerting.promql import STALE_NAN, EvaluationError, Labels, SeriesStore
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
    for value, judged in ((breaching, 1.0), (not_breaching, 0.0)):
        (found,) = threshold.run({"A": [Number(GET, value)]})
        assert isinstance(found, Number)
        assert (found.labels, found.value, repr(found.judged)) == (GET, judged, repr(float(value)))


def test_threshold_of_nothing_is_nothing() -> None:
    assert Threshold("C", "A", "<", (5,)).run({"A": [Number(GET, None)]}) == [Number(GET, None)]


def test_threshold_judges_every_point_of_a_series() -> None:
    assert Threshold("C", "A", "<", (5,)).run({"A": [points(4.0, None, 6.0)]}) == [points(1.0, None, 0.0)]


def points(*values: float | None) -> Series:
    return Series(Labels({"method": "GET"}), [(float(at), value) for at, value in enumerate(values)])


def reduced(step: Reduce, frame: Frame) -> float | None:
    (found,) = step.run({"A": [frame]})
    assert isinstance(found, Number)
    return found.value


@pytest.mark.parametrize(
    ("reducer", "expected"),
    [("last", 3.0), ("mean", 4.0), ("min", 2.0), ("max", 7.0), ("sum", 12.0), ("count", 3.0), ("median", 3.0)],
)
def test_reduce_brings_points_down_to_one_number(reducer: Reducer, expected: float) -> None:
    assert Reduce("B", "A", reducer).run({"A": [points(2, 7, 3)]}) == [Number(Labels({"method": "GET"}), expected)]


def test_reduce_of_nan_poisons_drops_or_replaces_as_told() -> None:
    gap = points(2.0, math.nan, 4.0)
    poisoned = reduced(Reduce("B", "A", "mean"), gap)
    assert poisoned is not None
    assert math.isnan(poisoned)
    assert reduced(Reduce("B", "A", "count"), gap) == 3
    assert reduced(Reduce("B", "A", "last"), gap) == 4
    assert reduced(Reduce("B", "A", "mean", "drop"), gap) == 3
    assert reduced(Reduce("B", "A", "min", "replace", replacement=-1.0), gap) == -1


def test_reduce_that_drops_every_point_is_nothing_but_a_sum_of_zero() -> None:
    assert reduced(Reduce("B", "A", "max", "drop"), points(math.nan)) is None
    assert reduced(Reduce("B", "A", "sum", "drop"), points(math.nan)) == 0


def test_reduce_takes_null_and_infinities_for_no_numbers() -> None:
    gaps = points(2.0, None, math.inf, 4.0)
    assert reduced(Reduce("B", "A", "mean", "drop"), gaps) == 3
    assert reduced(Reduce("B", "A", "sum", "replace", replacement=1.0), gaps) == 8
    assert reduced(Reduce("B", "A", "last"), points(1.0, None)) is None
    assert reduced(Reduce("B", "A", "max", "replace", replacement=-1.0), points()) == -1


def test_reduce_leaves_a_number_as_it_is_unless_told_what_to_do_with_no_number() -> None:
    nothing = [Number(GET, math.nan), Number(GET, 3.0)]
    assert repr(Reduce("B", "A", "mean").run({"A": nothing})) == repr(nothing)
    assert Reduce("B", "A", "mean", "drop").run({"A": nothing}) == [Number(GET, 3.0)]
    assert Reduce("B", "A", "mean", "replace", 7.0).run({"A": nothing}) == [Number(GET, 7.0), Number(GET, 3.0)]


def test_templates_see_what_every_query_and_step_gave_for_the_series() -> None:
    steps = (Math.parse("B", "$A * 2"), Threshold("C", "B", ">", (5,)))
    condition = GrafanaCondition("x", (Query("A", compile_expression("latency")),), steps, outcome="C")
    results = condition.results(store(GET=9.0, PUT=1.0), now=1)
    assert [result.values for result in results] == [{"A": 9.0, "B": 18.0, "C": 1.0}, {"A": 1.0, "B": 2.0, "C": 0.0}]


def test_math_over_two_metrics_as_they_are_finds_no_partners_but_of_one_series_each() -> None:
    made = store(GET=9.0, PUT=1.0)
    for method in ("GET", "PUT"):
        made.append({"__name__": "requests", "method": method}, 0, 3.0)
    both = (Query("A", compile_expression("latency")), Query("B", compile_expression("requests")))
    steps = (Math.parse("C", "$A / $B > 2"),)
    assert GrafanaCondition("two", both, steps, outcome="C").results(made, now=1) == []
    one = (
        Query("A", compile_expression('latency{method="GET"}')),
        Query("B", compile_expression('requests{method="GET"}')),
    )
    (result,) = GrafanaCondition("two", one, steps, outcome="C").results(made, now=1)
    assert (str(result.labels), result.breached) == ("{}", True)


def test_math_over_two_queries_is_a_condition_for_each_series_that_both_have() -> None:
    made = store(GET=9.0, PUT=1.0)
    made.append({"__name__": "requests", "method": "GET"}, 0, 3.0)
    queries = (Query("A", compile_expression("latency + 0")), Query("B", compile_expression("requests + 0")))
    condition = GrafanaCondition("two", queries, (Math.parse("C", "$A / $B > 2"),), outcome="C")
    assert [(str(each.labels), each.value, each.breached) for each in condition.results(made, now=1)] == [
        ('{method="GET"}', 1.0, True)
    ]


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
