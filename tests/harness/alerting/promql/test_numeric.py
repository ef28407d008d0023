import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.alerting.promql.numeric import (
    drifting_mean,
    highest,
    lowest,
    mean,
    plain_total,
    quantile,
    total,
    variance,
    variance_over_time,
)

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20)
ANYTHING = st.lists(st.floats(), min_size=1, max_size=8)


def test_total_of_opposite_infinities_is_nan_and_of_too_much_is_infinite() -> None:
    assert math.isnan(total([math.inf, -math.inf]))
    assert total([1e308, 1e308]) == math.inf
    assert total([1e100, 1.0, -1e100]) == 1.0


def test_total_of_huge_values_that_cancel_loses_what_prometheus_loses() -> None:
    values = [-2.258e220, -1.78264e219, 0.76, 1.95, 2.258e220, 7.69, 1.78264e219, -458.9]
    assert total(values) == mean(values) == 0
    assert total([1e100, 1.0, -1e100]) == 1.0
    assert total([]) == total([0.0, -0.0]) == 0


def test_mean_of_values_too_large_to_add_is_still_found() -> None:
    assert mean([1e308, 1e308, 1e308]) == 1e308
    assert mean([math.inf, 1.0]) == math.inf


def test_sum_of_prometheus_2_loses_what_each_addition_rounds_away() -> None:
    values = [0.1, 0.2, 0.3]
    assert (plain_total(values), total(values)) == (0.6000000000000001, 0.6)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0, 6.0], 3.0),
        ([math.inf, 1.0], math.inf),
        ([1.0, -math.inf, -math.inf], -math.inf),
        ([1e308] * 3, 1e308),
    ],
)
@pytest.mark.parametrize("compensates", [False, True])
def test_mean_of_prometheus_2_is_moved_by_each_value(values: list[float], expected: float, compensates: bool) -> None:
    assert drifting_mean(values, compensates=compensates) == expected


@pytest.mark.parametrize("values", [[math.inf, -math.inf], [1.0, math.nan], [math.inf, math.nan]])
def test_mean_of_prometheus_2_of_what_has_none_is_nan(values: list[float]) -> None:
    assert math.isnan(drifting_mean(values, compensates=True))


def test_variance_of_equal_values_is_exactly_zero() -> None:
    assert variance([13.3, 13.3, 13.3]) == 0.0


def test_lowest_and_highest_look_past_nan() -> None:
    assert lowest([math.nan, 2.0, math.nan, 1.0]) == 1.0
    assert highest([math.nan, 2.0, 3.0, math.nan]) == 3.0


@settings(max_examples=40, deadline=None)
@given(NUMBERS, st.floats(0, 1))
def test_quantile_lies_between_the_lowest_and_the_highest(values: list[float], share: float) -> None:
    found = quantile(values, share)
    assert min(values) - 1e-6 <= found <= max(values) + 1e-6
    assert (quantile(values, 0), quantile(values, 1)) == (min(values), max(values))


@settings(max_examples=40, deadline=None)
@given(ANYTHING)
def test_statistics_of_any_values_never_raise(values: list[float]) -> None:
    for statistic in (total, mean, variance, variance_over_time, plain_total, lowest, highest):
        assert isinstance(statistic(values), float)
    assert isinstance(quantile(values, 0.5), float)
