import math

import pytest

from harness.alerting.go_format import formatted, scientific, shortest, written


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (5.0, "5"),
        (-0.5, "-0.5"),
        (123456.5, "123456.5"),
        (1_000_000.0, "1e+06"),
        (123456789.0, "1.23456789e+08"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1e300, "1e+300"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_number_is_written_as_promtool_writes_it(value: float, expected: str) -> None:
    assert shortest(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(15.0, "1.5E+01"), (0.0, "0E+00"), (-2.0, "-2E+00"), (1e-7, "1E-07"), (math.nan, "NaN"), (math.inf, "+Inf")],
)
def test_number_in_a_failed_unit_test_has_its_exponent(value: float, expected: str) -> None:
    assert scientific(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "<nil>"),
        (True, "true"),
        (7, "7"),
        ("a", "a"),
        ({"b": 1.0, "a": "x"}, "map[a:x b:1]"),
        ([1, "a", 2.5], "[1 a 2.5]"),
    ],
)
def test_value_is_written_as_go_writes_it(value: object, expected: str) -> None:
    assert written(value) == expected


@pytest.mark.parametrize(
    ("pattern", "values", "expected"),
    [
        ("%e|%f|%8.2f|%-8.1f", [1e6] * 4, "1.000000e+06|1000000.000000|1000000.00|1000000.0"),
        ("%8.2f|%08.1f|%+.1f|%.f", [-0.5] * 4, "   -0.50|-00000.5|-0.5|-0"),
        ("%g %.4g %.3v %v", [123456789.0] * 4, "1.23456789e+08 1.235e+08 1.23e+08 1.23456789e+08"),
        ("%8.2f|%08.1f|%f", [math.inf] * 3, "    +Inf|    +Inf|+Inf"),
        ("%d %05d %x %v", [12] * 4, "12 00012 c 12"),
        ("%s|%q|%5s|%-5s|%v|%.1s", ["bc"] * 6, 'bc|"bc"|   bc|bc   |bc|b'),
        ("%t %v", [True, False], "true false"),
        ("100%% of %s", ["a"], "100% of a"),
        ("%d|%s|%f", [1e6, 2.0, 12], "%!d(float64=1e+06)|%!s(float64=2)|%!f(int=12)"),
        ("%d|%t", ["b", 1], "%!d(string=b)|%!t(int=1)"),
        ("%s", [], "%!s(MISSING)"),
        ("%s %!", ["b", 1, 2.5], "b %!!(int=1)%!(EXTRA float64=2.5)"),
        ("50%", [], "50%!(NOVERB)"),
        ("%q %s", [5, None], "%!q(int=5) %!s(<nil>=<nil>)"),
    ],
)  # fmt: skip
def test_pattern_is_filled_as_promtool_fills_it(pattern: str, values: list[object], expected: str) -> None:
    assert formatted(pattern, values) == expected
