import pytest

from harness.alerting.promql import Semantics
from tests.harness.alerting.promql.scripts import failures

LOAD = """
    load 10s
      m{a="1"} 4
      m{a="2"} 6

"""


@pytest.mark.parametrize(
    ("expression", "value"),
    [("1 + 2 * 3 ^ 2", 19), ("-2 ^ 2", -4), ("7 % 4", 3), ("1 > bool 2", 0), ("2 >= bool 2", 1), ("1 / 0", "Inf")],
)
def test_scalars_give_a_scalar(expression: str, value: float | str) -> None:
    assert not failures(f"eval instant at 0 {expression}\n  {value}\n")


def test_comparison_with_a_scalar_filters_and_keeps_the_sample() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 0 m > 5
      m{a="2"} 6

    eval instant at 0 5 > m
      m{a="1"} 4

    eval instant at 0 m != 4
      m{a="2"} 6

    eval instant at 0 4 == bool m
      {a="1"} 1
      {a="2"} 0

    eval instant at 0 m == NaN
    """
    )


def test_arithmetic_with_a_scalar_drops_the_name_on_either_side() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 0 10 - m
      {a="1"} 6
      {a="2"} 4

    eval instant at 0 -m
      {a="1"} -4
      {a="2"} -6

    eval_fail instant at 0 (m or on (__name__) label_replace(m, "__name__", "n", "", "")) * 2

    eval_fail instant at 0 -(m or on (__name__) label_replace(m, "__name__", "n", "", ""))
    """
    )


@pytest.mark.parametrize(("semantics", "result"), [(Semantics.V2, "m"), (Semantics.V2_LATE, ""), (Semantics.V3, "")])
def test_atan2_kept_the_name_in_prometheus_2(semantics: Semantics, result: str) -> None:
    script = f"load 10s\n  m 1\n\neval instant at 0 m atan2 m\n  {result}{{}} 0.7853981633974483\n"
    assert not failures(script, semantics=semantics)
