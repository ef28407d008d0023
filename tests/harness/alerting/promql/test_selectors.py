import pytest

from harness.alerting.promql import Semantics
from tests.harness.alerting.promql.scripts import failures

LOAD = """
    load 10s
      m 0 1 2 3 4 5 6
      n 0 1 stale _ 4

"""


@pytest.mark.parametrize(
    ("semantics", "cases"),
    [
        (Semantics.V2, "eval instant at 30s count_over_time(m[20s])\n  {} 3"),
        (Semantics.V2_LATE, "eval instant at 30s count_over_time(m[20s])\n  {} 3"),
        (Semantics.V3, "eval instant at 30s count_over_time(m[20s])\n  {} 2"),
        (Semantics.V2, "eval instant at 30s count_over_time(m[20s:10s])\n  {} 3"),
        (Semantics.V3, "eval instant at 30s count_over_time(m[20s:10s])\n  {} 2"),
        (Semantics.V2, "eval instant at 360s m\n  m 6"),
        (Semantics.V3, "eval instant at 360s m"),
        (Semantics.V3, "eval instant at 359s m\n  m 6"),
    ],
)
def test_window_that_starts_at_a_sample_holds_it_in_2_and_not_in_3(semantics: Semantics, cases: str) -> None:
    assert failures(LOAD + cases, semantics=semantics) == []


def test_series_gone_stale_vanishes_at_once_and_leaves_its_samples_in_windows() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 19s n
      n 1

    eval instant at 20s n

    eval instant at 39s n

    eval instant at 40s n
      n 4

    eval instant at 45s sum_over_time(n[1m])
      {} 5
    """
    )


def test_selector_with_offset_or_fixed_moment_looks_elsewhere() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 30s m offset 10s
      m 2

    eval instant at 30s m offset -20s
      m 5

    eval instant at 30s m @ 60 offset 10s
      m 5

    eval instant at 30s m @ start() + m @ end()
      {} 6

    eval instant at 30s m @ -1

    eval instant at 30s timestamp(m offset 5s)
      {} 20
    """
    )


def test_subquery_steps_are_multiples_since_1970_whatever_the_time() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 37s min_over_time(time()[20s:10s])
      expect fail

    eval instant at 37s min_over_time(vector(time())[20s:10s])
      {} 20

    eval instant at 37s max_over_time(vector(time())[20s:10s])
      {} 30

    eval instant at 10s min_over_time(vector(time())[25s:10s])
      {} -10

    eval instant at 121s count_over_time(vector(1)[3m:])
      {} 3

    eval instant at 37s sum_over_time(sum_over_time(m[20s])[20s:10s] @ 40)
      {} 12
    """
    )
