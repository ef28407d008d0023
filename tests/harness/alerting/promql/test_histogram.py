import math

import pytest

from harness.alerting.promql import Labels, Sample
from harness.alerting.promql.histogram import histogram_fraction, histogram_quantile


def buckets(counts: dict[str, float], **labels: str) -> list[Sample]:
    return [Sample(Labels({"__name__": "b", "le": le, **labels}), count) for le, count in counts.items()]


def only_value(samples: list[Sample]) -> float:
    (sample,) = samples
    return sample.value


LATENCY = buckets({"0.1": 5, ".2": 7, "1e0": 11, "+Inf": 12})


@pytest.mark.parametrize(
    ("share", "value"),
    [(0, 0), (0.5, 0.15), (5 / 12, 0.1), (1, 1.0), (-0.1, -math.inf), (1.1, math.inf), (math.nan, math.nan)],
)
def test_quantile_of_a_histogram_lies_in_its_bucket(share: float, value: float) -> None:
    assert only_value(histogram_quantile(LATENCY, share)) == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize(
    "counts", [{"+Inf": 3}, {"1": 3, "2": 4}, {"1": 0, "+Inf": 0}], ids=["one bucket", "no last bucket", "nothing seen"]
)
def test_quantile_of_a_histogram_that_tells_nothing_is_nan(counts: dict[str, float]) -> None:
    assert math.isnan(only_value(histogram_quantile(buckets(counts), 0.5)))


def test_quantile_of_counts_that_are_no_numbers_is_the_last_finite_bound() -> None:
    assert only_value(histogram_quantile(buckets({"1": math.nan, "2": math.nan, "+Inf": math.nan}), 0.5)) == 2


def test_quantile_below_zero_stops_at_the_first_bound() -> None:
    assert only_value(histogram_quantile(buckets({"-1": 2, "0": 2, "+Inf": 2}), 0.5)) == -1


def test_quantile_over_counts_that_fall_or_differ_by_rounding_takes_them_as_equal() -> None:
    assert only_value(histogram_quantile(buckets({"1": 4, "2": 3, "3": 8, "+Inf": 8}), 0.5)) == 1
    assert only_value(histogram_quantile(buckets({"1": 4, "2": 4 + 1e-14, "+Inf": 4 + 1e-14}), 1)) == 1


def test_quantiles_come_for_each_histogram_and_leave_out_what_is_no_bucket() -> None:
    samples = buckets({"1": 1, "+Inf": 2}, job="a") + buckets({"1": 2, "+Inf": 2}, job="b") + buckets({"x": 1, "": 1})
    assert [str(sample.labels) for sample in histogram_quantile(samples, 0.5)] == ['{job="a"}', '{job="b"}']


def test_bounds_written_differently_are_the_same_bucket() -> None:
    assert only_value(histogram_quantile(buckets({"1": 1, "1.0": 1, "+Inf": 4}), 0.5)) == 1


@pytest.mark.parametrize(
    ("low", "high", "share"),
    [
        *((0, 0.1, 5 / 12), (0.05, 0.1, 2.5 / 12), (-math.inf, math.inf, 1), (1, 5, 0), (0.2, 0.2, 0), (1, 0, 0)),
        *((0, 0.15, 0.5), (math.nan, 1, math.nan), (-5, 0.1, 5 / 12)),
    ],
)
def test_fraction_between_two_values_is_spread_evenly_over_buckets(low: float, high: float, share: float) -> None:
    assert only_value(histogram_fraction(LATENCY, low, high)) == pytest.approx(share, nan_ok=True)


def test_fraction_in_a_first_bucket_without_a_lower_end_is_all_or_nothing() -> None:
    assert only_value(histogram_fraction(buckets({"-1": 2, "+Inf": 4}), -math.inf, -2)) == 0.5
