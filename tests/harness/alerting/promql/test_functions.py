import math

import pytest

from harness.alerting.promql.functions import CALENDAR, ELEMENTWISE

INF, NAN = math.inf, math.nan
FIRST_OF_MARCH_2016 = 1456790400.0
YEARS_400 = 12_622_780_800.0


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("abs", (-2.0,), 2.0),
        ("ceil", (1.2,), 2.0),
        ("ceil", (INF,), INF),
        ("floor", (-1.2,), -2.0),
        ("floor", (NAN,), NAN),
        ("round", (2.5,), 3.0),
        ("round", (-2.5,), -2.0),
        ("round", (2.37, 0.1), 2.4),
        ("round", (7.0, 0.0), NAN),
        ("clamp", (5.0, 1.0, 3.0), 3.0),
        ("clamp", (5.0, NAN, 3.0), NAN),
        ("clamp_min", (0.0, 1.0), 1.0),
        ("clamp_max", (2.0, 1.0), 1.0),
        ("sgn", (-3.0,), -1.0),
        ("sgn", (NAN,), NAN),
        ("ln", (0.0,), -INF),
        ("ln", (-1.0,), NAN),
        ("log2", (8.0,), 3.0),
        ("log10", (INF,), INF),
        ("exp", (710.0,), INF),
        ("sqrt", (-1.0,), NAN),
        ("sin", (INF,), NAN),
        ("acos", (2.0,), NAN),
        ("atanh", (1.0,), INF),
        ("atanh", (2.0,), NAN),
        ("deg", (math.pi,), 180.0),
        ("rad", (180.0,), math.pi),
    ],
)
def test_function_of_a_value_also_answers_at_the_edges(name: str, arguments: tuple[float, ...], value: float) -> None:
    assert ELEMENTWISE[name](*arguments) == pytest.approx(value, nan_ok=True)


def test_rounding_keeps_the_sign_of_zero() -> None:
    assert math.copysign(1, ELEMENTWISE["ceil"](-0.5)) == -1


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if not name.startswith("clamp")])
@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, -1.0, 0.3, 1e308, -1e308, 5e-324, INF, -INF, NAN])
def test_function_of_any_value_never_raises(name: str, value: float) -> None:
    assert isinstance(ELEMENTWISE[name](value), float)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("year", 2016), ("month", 3), ("day_of_month", 1), ("day_of_week", 2), ("day_of_year", 61)),
        *(("days_in_month", 31), ("hour", 0), ("minute", 0)),
    ],
)
def test_calendar_reads_a_time_and_repeats_after_400_years(name: str, value: float) -> None:
    assert CALENDAR[name](FIRST_OF_MARCH_2016) == value
    later = CALENDAR[name](FIRST_OF_MARCH_2016 + 100 * YEARS_400)
    assert later == (value + 40_000 if name == "year" else value)


def test_calendar_reads_times_before_1970() -> None:
    assert CALENDAR["year"](-0.5) == 1970
    assert CALENDAR["year"](-86_400.0) == 1969
    assert CALENDAR["day_of_month"](-86_400.0) == 31
    assert CALENDAR["days_in_month"](-86_400.0 * 365 * 2) == 31


@pytest.mark.parametrize("name", CALENDAR)
@pytest.mark.parametrize("seconds", [INF, -INF, NAN])
def test_calendar_of_what_is_no_time_is_nan(name: str, seconds: float) -> None:
    assert math.isnan(CALENDAR[name](seconds))


@pytest.mark.parametrize("name", CALENDAR)
@pytest.mark.parametrize("seconds", [1e308, -1e308, 1e18, -1e18])
def test_calendar_of_a_time_beyond_imagination_never_raises(name: str, seconds: float) -> None:
    assert isinstance(CALENDAR[name](seconds), float)
