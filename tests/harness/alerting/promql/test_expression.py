import math
from datetime import timedelta

import pytest

from harness.alerting.promql import (
    Dialect,
    EvaluationError,
    Kind,
    Labels,
    ParseError,
    Points,
    Sample,
    Semantics,
    SeriesStore,
    Value,
    compile,  # noqa: A004
)


@pytest.fixture
def store() -> SeriesStore:
    store = SeriesStore()
    for at in range(0, 61, 10):
        store.append({"__name__": "m", "a": "1"}, at, at)
    return store


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1 + 1", Kind.SCALAR, 2.0),
        ("-time()", Kind.SCALAR, -30.0),
        ('"text"', Kind.STRING, "text"),
        ("m", Kind.VECTOR, [Sample(Labels({"__name__": "m", "a": "1"}), 30.0)]),
        ("m + 1", Kind.VECTOR, [Sample(Labels({"a": "1"}), 31.0)]),
        ("m[20s]", Kind.MATRIX, [Points(Labels({"__name__": "m", "a": "1"}), [(20.0, 20.0), (30.0, 30.0)])]),
        (
            "m[20s:10s] offset 10s",
            Kind.MATRIX,
            [Points(Labels({"__name__": "m", "a": "1"}), [(10.0, 10.0), (20.0, 20.0)])],
        ),
    ],
)
def test_expression_gives_a_value_of_the_kind_it_announces(
    store: SeriesStore, text: str, kind: Kind, value: Value
) -> None:
    expression = compile(text)
    assert expression.kind is kind
    assert expression.at(store, 30) == value


def test_expression_over_a_range_gives_points_ordered_by_labels(store: SeriesStore) -> None:
    store.append({"__name__": "m", "a": "0"}, 45, 7)
    points = compile("m * 1").between(store, start=30, end=55, step=timedelta(seconds=10))
    assert points == [
        Points(Labels({"a": "0"}), [(50.0, 7.0)]),
        Points(Labels({"a": "1"}), [(30.0, 30.0), (40.0, 40.0), (50.0, 50.0)]),
    ]


def test_expression_over_a_range_knows_its_ends(store: SeriesStore) -> None:
    points = compile("m @ end() - m @ start() + time() * 0").between(
        store, start=10, end=30, step=timedelta(seconds=20)
    )
    assert [value for _, value in points[0].points] == [20.0, 20.0]
    assert compile("time()").between(store, start=1, end=2, step=timedelta(seconds=1)) == [
        Points(Labels(), [(1.0, 1.0), (2.0, 2.0)])
    ]


def test_expression_of_a_window_over_a_range_is_refused(store: SeriesStore) -> None:
    with pytest.raises(EvaluationError, match="a range vector cannot be evaluated over a range"):
        compile("m[1m]").between(store, start=0, end=1, step=timedelta(seconds=1))


def test_expression_is_compiled_once_and_follows_the_store(store: SeriesStore) -> None:
    expression = compile("sum(m)")
    before = expression.at(store, 60)
    store.append({"__name__": "m", "a": "2"}, 60, 1)
    assert (before, expression.at(store, 60)) == ([Sample(Labels(), 60.0)], [Sample(Labels(), 61.0)])


def test_expression_compiled_with_another_lookback_sees_less(store: SeriesStore) -> None:
    assert compile("m", dialect=Dialect(lookback=timedelta(seconds=10))).at(store, 69.999)
    assert compile("m", dialect=Dialect(lookback=timedelta(seconds=10))).at(store, 70) == []
    assert compile("m", dialect=Dialect(Semantics.V2, timedelta(seconds=10))).at(store, 70)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("info(m)", r"the function info\(\) is not supported"),
        ("limit_ratio(0.5, m)", "the aggregation limit_ratio is not supported"),
        ("holt_winters(m[1m], 0.1, 0.1)", r"holt_winters\(\) exists in Prometheus 2.x only"),
        ('label_replace(m, "a", "", "b", "(")', "a group is not closed"),
    ],
)
def test_expression_this_engine_cannot_run_is_refused_when_compiled(text: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason) as caught:
        compile(text)
    assert repr(text) in str(caught.value)


def test_expression_of_prometheus_3_is_refused_in_2() -> None:
    with pytest.raises(ParseError, match=r"exists in Prometheus 3\.x only"):
        compile("double_exponential_smoothing(m[1m], 0.1, 0.1)", dialect=Dialect(Semantics.V2))


def test_scalar_of_several_samples_is_nan(store: SeriesStore) -> None:
    store.append({"__name__": "m", "a": "2"}, 60, 1)
    value = compile("scalar(m)").at(store, 60)
    assert isinstance(value, float)
    assert math.isnan(value)
