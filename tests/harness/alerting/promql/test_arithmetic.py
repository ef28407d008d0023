import math

import pytest

from harness.alerting.promql.arithmetic import ARITHMETIC, divide, modulo, power, saturating

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("left", "right", "quotient"),
    [
        (1, 2, 0.5),
        (1, 0, INF),
        (-1, 0, -INF),
        (1, -0.0, -INF),
        (0, 0, NAN),
        (NAN, 0, NAN),
        (INF, INF, NAN),
        (INF, 0, INF),
    ],
)
def test_division_gives_infinities_and_nan_instead_of_errors(left: float, right: float, quotient: float) -> None:
    assert divide(left, right) == pytest.approx(quotient, nan_ok=True)


@pytest.mark.parametrize(
    ("left", "right", "remainder"), [(7, 3, 1), (-7, 3, -1), (7, 0, NAN), (INF, 3, NAN), (7, INF, 7), (0.5, 0.2, 0.1)]
)
def test_remainder_has_the_sign_of_the_left_side(left: float, right: float, remainder: float) -> None:
    assert modulo(left, right) == pytest.approx(remainder, nan_ok=True)


@pytest.mark.parametrize(
    ("base", "exponent", "result"),
    [
        *((2, 3, 8), (-8, 1 / 3, NAN), (10, 400, INF), (-10, 401, -INF), (-10, 400, INF), (NAN, 0, 1)),
        *((0.0, -1, INF), (-0.0, -1, -INF), (-0.0, -2, INF), (0.0, -0.5, INF), (-1e200, 1e300, INF)),
    ],
)
def test_power_gives_infinities_and_nan_instead_of_errors(base: float, exponent: float, result: float) -> None:
    assert power(base, exponent) == pytest.approx(result, nan_ok=True)


@pytest.mark.parametrize("op", ARITHMETIC)
@pytest.mark.parametrize("left", [0.0, -0.0, 1.5, -1.5, 1e308, -1e308, INF, -INF, NAN])
@pytest.mark.parametrize("right", [0.0, -0.0, 2.0, -3.0, 0.5, 1e308, INF, -INF, NAN])
def test_operator_on_extreme_numbers_never_raises(op: str, left: float, right: float) -> None:
    assert isinstance(ARITHMETIC[op](left, right), float)


def test_saturating_function_gives_nan_outside_its_domain_and_infinity_beyond_its_range() -> None:
    assert math.isnan(saturating(math.sqrt)(-1))
    assert saturating(math.exp)(1000) == INF
    assert saturating(math.sinh)(-1000) == -INF
