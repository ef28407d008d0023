import math

import pytest

from harness.alerting.promql import Labels, ParseError, Points, Sample, Value
from harness.alerting.promql.expectation import Steps, difference, read_expectation

A, B = Labels({"a": "1"}), Labels({"b": "1"})
TWO = ['{a="1"} 1', '{b="1"} NaN']


@pytest.mark.parametrize(
    ("lines", "mode", "actual", "is_as_expected"),
    [
        (TWO, "", [Sample(B, math.nan), Sample(A, 1.0000001)], True),
        (TWO, "", [Sample(B, math.nan), Sample(A, 1.00001)], False),
        (TWO, "", [Sample(B, 0.0), Sample(A, 1.0)], False),
        (TWO, "", [Sample(A, 1.0)], False),
        (TWO, "", [Sample(A, 1.0), Sample(B, math.nan), Sample(Labels(), 1.0)], False),
        (TWO, "ordered", [Sample(B, math.nan), Sample(A, 1.0)], False),
        ([*TWO, "expect ordered"], "", [Sample(B, math.nan), Sample(A, 1.0)], False),
        (TWO, "ordered", [Sample(A, 1.0), Sample(B, math.nan)], True),
        ([], "", [], True),
        ([], "", 1.0, False),
        (["2.5"], "", 2.5, True),
        (["2.5"], "", 2.6, False),
        (["-Inf"], "", -math.inf, True),
        (["1"], "", [Sample(Labels(), 1.0)], False),
        (['expect string "a b"'], "", "a b", True),
        (['expect string "a b"'], "", "a", False),
        (["expect no_warn", "expect info msg: x", *TWO], "", [Sample(A, 1.0), Sample(B, math.nan)], True),
        (
            ["expect range vector from 10s to 30s step 10s", '{a="1"} 1 _ 3'],
            "",
            [Points(A, [(10.0, 1.0), (30.0, 3.0)])],
            True,
        ),
        (
            ["expect range vector from 10s to 30s step 10s", '{a="1"} 1 2 3'],
            "",
            [Points(A, [(10.0, 1.0), (30.0, 3.0)])],
            False,
        ),
        (
            ["expect range vector from 0s to 20s step 10s", '{a="1"} 1 _ 3'],
            "",
            [Points(A, [(10.0, 1.0), (30.0, 3.0)])],
            False,
        ),
    ],
)
def test_difference_is_found_where_there_is_one(
    lines: list[str], mode: str, actual: Value, is_as_expected: bool
) -> None:
    found = difference(read_expectation(lines, mode=mode, steps=None), actual)
    assert (found == "") is is_as_expected


def test_difference_over_a_range_compares_times_too() -> None:
    expected = read_expectation(['{a="1"} _ 2'], mode="", steps=Steps(0.0, 30.0))
    assert difference(expected, [Points(A, [(30.0, 2.0)])]) == ""
    assert "not [(30.0, 2.0)]" in difference(expected, [Points(A, [(0.0, 2.0)])])


@pytest.mark.parametrize(
    ("line", "mode"), [("expect fail", ""), ("expect fail msg: no", ""), ("expected_fail_message x", "fail")]
)
def test_expectation_of_a_failure_is_read_in_both_dialects(line: str, mode: str) -> None:
    assert read_expectation([line], mode=mode, steps=None).fails


def test_expectation_of_a_text_without_quotes_is_refused() -> None:
    with pytest.raises(ParseError, match="is no text in quotes"):
        read_expectation(["expect string 5"], mode="", steps=None)
