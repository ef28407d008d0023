import pytest

from harness.alerting.promql import Semantics
from tests.harness.alerting.promql.scripts import failures

LOAD = """
    load 10s
      up{job="a"} 1
      up{job="b"} 0
      cpu{n="a10"} 1
      cpu{n="a2"} 2
      cpu{n="b"} NaN

"""


@pytest.mark.parametrize(
    ("call", "labels"),
    [
        ('absent(gone{job="x", path=~"y", a!="b"})', '{job="x"}'),
        ('absent(gone{job="x", job="y", a="b"})', '{a="b"}'),
        ('absent(gone{job!="y", job="x"})', '{job="x"}'),  # the order counts, as in Prometheus
        ('absent(gone{job="x", job!="y"})', "{}"),
        ('absent({__name__="gone", job="x"})', '{job="x"}'),
        ('absent_over_time(gone{job="x"}[5m])', '{job="x"}'),
        ("absent(sum(gone))", "{}"),
        ("absent_over_time(rate(gone[1m])[5m:])", "{}"),
    ],
)
def test_absent_gives_the_labels_that_were_asked_for(call: str, labels: str) -> None:
    assert not failures(LOAD + f"eval instant at 0 {call}\n  {labels} 1\n")


@pytest.mark.parametrize("call", ["absent(up)", "absent_over_time(up[1m])", "absent(up == 1)"])
def test_absent_of_what_is_there_gives_nothing(call: str) -> None:
    assert not failures(LOAD + f"eval instant at 0 {call}\n")


def test_time_and_its_parts_come_from_the_moment_of_evaluation() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 90s time()
      90

    eval instant at 90s minute()
      {} 1

    eval instant at 90s hour(vector(7200))
      {} 2

    eval instant at 90s timestamp(up)
      {job="a"} 0
      {job="b"} 0

    eval instant at 90s timestamp(up * 1)
      {job="a"} 90
      {job="b"} 90

    eval instant at 0 scalar(up{job="a"})
      1

    eval instant at 0 scalar(up)
      NaN

    eval instant at 0 pi() * 0
      0
    """
    )


def test_ends_of_a_query_are_known_as_numbers() -> None:
    assert not failures(
        LOAD
        + """
    eval range from 10s to 30s step 10s start() + end() + range() + step()
      {} 70 70 70

    eval instant at 9s end() - start() + range() + step()
      0

    eval instant at 0 max_of(2, 3) - min_of(2, 3)
      1

    eval instant at 0 max_of(NaN, 3)
      NaN

    eval instant at 0 min_of(3, NaN)
      NaN
    """
    )


@pytest.mark.parametrize("call", ["start()", "end()", "range()", "step()", "min_of(1, 2)", "max_of(1, 2)"])
def test_ends_of_a_query_are_no_numbers_in_prometheus_2(call: str) -> None:
    assert not failures(f"eval_fail instant at 0 {call}\n", semantics=Semantics.V2)


def test_sorting_orders_by_value_or_by_label_the_way_people_count() -> None:
    assert not failures(
        LOAD
        + """
    eval_ordered instant at 0 sort(cpu)
      cpu{n="a10"} 1
      cpu{n="a2"} 2
      cpu{n="b"} NaN

    eval_ordered instant at 0 sort_desc(cpu)
      cpu{n="a2"} 2
      cpu{n="a10"} 1
      cpu{n="b"} NaN

    eval_ordered instant at 0 sort_by_label(cpu, "n")
      cpu{n="a2"} 2
      cpu{n="a10"} 1
      cpu{n="b"} NaN

    eval_ordered instant at 0 sort_by_label_desc(cpu, "n")
      cpu{n="b"} NaN
      cpu{n="a10"} 1
      cpu{n="a2"} 2
    """
    )


def test_bounds_and_rounding_take_scalars_that_change_with_time() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 3s clamp(vector(7), 0, time())
      {} 3

    eval instant at 3s clamp(vector(7), 5, time())

    eval instant at 3s round(vector(7), time())
      {} 6

    eval instant at 3s histogram_quantile(0.5, up)
    """
    )


def test_several_quantiles_come_each_with_a_label() -> None:
    assert not failures(
        """
    load 10s
      h_bucket{le="1"} 5
      h_bucket{le="+Inf"} 5

    eval instant at 0 histogram_quantiles(h_bucket, "q", 0.5, 1, -1)
      {q="0.5"} 0.5
      {q="1.0"} 1
      {q="-1.0"} -Inf

    eval instant at 0 histogram_quantiles(h_bucket, "q", NaN)
      {q="NaN"} NaN

    eval_fail instant at 0 histogram_quantiles(h_bucket, "q", 0.5, 0.5)
    """
    )
