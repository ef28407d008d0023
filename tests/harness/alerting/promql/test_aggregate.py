import pytest

from harness.alerting.promql.aggregate import plain_number
from tests.harness.alerting.promql.scripts import failures

LOAD = """
    load 10s
      m{job="a", n="1"} 1
      m{job="a", n="2"} 3
      m{job="b", n="1"} 5
      m{job="b", n="2"} NaN

"""


@pytest.mark.parametrize(
    ("call", "a", "b"),
    [
        ("sum by (job) (m)", 4, "NaN"),
        ("avg by (job) (m)", 2, "NaN"),
        ("count without (n) (m)", 2, 2),
        ("group by (job) (m)", 1, 1),
        ("min by (job) (m)", 1, 5),
        ("max by (job) (m)", 3, 5),
        ("stddev by (job) (m)", 1, "NaN"),
        ("stdvar by (job) (m)", 1, "NaN"),
        ("quantile by (job) (0.5, m)", 2, "NaN"),
        ("quantile by (job) (2, m)", "Inf", "Inf"),
    ],
)
def test_aggregation_puts_each_group_into_one_sample(call: str, a: float | str, b: float | str) -> None:
    assert not failures(LOAD + f'eval instant at 0 {call}\n  {{job="a"}} {a}\n  {{job="b"}} {b}\n')


def test_largest_and_smallest_come_in_order_with_nan_last() -> None:
    assert not failures(
        LOAD
        + """
    eval_ordered instant at 0 topk(4, m)
      m{job="b", n="1"} 5
      m{job="a", n="2"} 3
      m{job="a", n="1"} 1
      m{job="b", n="2"} NaN

    eval_ordered instant at 0 bottomk(2, m)
      m{job="a", n="1"} 1
      m{job="a", n="2"} 3

    eval instant at 0 topk(0, m)

    eval instant at 0 topk(-1, m)

    eval instant at 0 topk by (job) (1, m)
      m{job="a", n="2"} 3
      m{job="b", n="1"} 5

    eval_fail instant at 0 topk(NaN, m)

    eval_fail instant at 0 bottomk(1e300, m)
    """
    )


def test_values_are_counted_under_a_label_of_their_own() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 0 count_values by (job) ("v", m > 2)
      {job="a", v="3"} 1
      {job="b", v="5"} 1

    eval instant at 0 count_values("v", m)
      {v="1"} 1
      {v="3"} 1
      {v="5"} 1
      {v="NaN"} 1
    """
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (6.0, "6"),
        (0.1, "0.1"),
        (1e21, "1" + "0" * 21),
        (1e-7, "0.0000001"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
    ],
)
def test_number_in_a_label_has_no_exponent(number: float, text: str) -> None:
    assert plain_number(number) == text


@pytest.mark.parametrize(
    ("query", "count"),
    [("limitk(2, m)", 2), ("limitk by (job) (1, m)", 2), ("limitk(99, m)", 3), ("limitk(0.9, m)", 0)],
)
def test_limit_keeps_some_samples_of_each_group_as_they_are(query: str, count: int) -> None:
    load = 'load 10s\n  m{job="a"} 1\n  m{job="b", n="1"} 2\n  m{job="b", n="2"} 3\n\n'
    assert not failures(load + f"eval instant at 0 count({query} and m) or vector(0)\n  {{}} {count}\n")
