from __future__ import annotations

import pytest

from harness.alerting.logql.entries import ERROR, Entry
from harness.alerting.logql.filters import both, either, number_filter, text_filter, text_test
from harness.alerting.logql.numbers import number


def entry(**labels: str) -> Entry:
    return Entry(0.0, "", labels)


@pytest.mark.parametrize(
    ("sign", "wanted", "kept"),
    [
        ("=", "error", ["error"]),
        ("!=", "error", ["errors", ""]),
        ("=~", "err.*", ["error", "errors"]),
        ("=~", "rr", []),
        ("!~", "err.*", [""]),
        ("=", "", [""]),
    ],
)
def test_text_filter_compares_the_whole_label_and_takes_none_for_empty(sign: str, wanted: str, kept: list[str]) -> None:
    stage = text_filter("level", sign, wanted)
    levels = ["error", "errors", ""]
    assert [level for level in levels if stage(entry(level=level))] == kept
    assert stage(entry()) == text_test("level", sign, wanted)({"level": ""})


@pytest.mark.parametrize(
    ("sign", "kept"),
    [
        ("=", ["500"]), ("==", ["500"]), ("!=", ["499.5", "501"]),
        (">", ["501"]), (">=", ["500", "501"]), ("<", ["499.5"]), ("<=", ["499.5", "500"]),
    ],
)  # fmt: skip
def test_number_filter_compares_numbers(sign: str, kept: list[str]) -> None:
    stage = number_filter("status", sign, 500.0, read=number)
    assert [status for status in ("499.5", "500", "501") if stage(entry(status=status))] == kept


def test_number_filter_drops_a_line_without_the_label_and_marks_one_that_is_no_number() -> None:
    stage = number_filter("status", "!=", 500.0, read=number)
    assert not stage(entry())
    found = entry(status="teapot")
    assert stage(found)
    assert found.labels[ERROR] == "LabelFilterErr"


def test_number_filter_lets_a_line_with_an_error_through_with_its_first_error() -> None:
    found = entry(status="6", **{ERROR: "JSONParserErr"})
    assert number_filter("status", "=", 5.0, read=number)(found)
    assert found.labels[ERROR] == "JSONParserErr"


def test_filters_are_joined_by_and_and_or() -> None:
    a, b = text_filter("a", "=", "1"), text_filter("b", "=", "1")
    lines = [entry(a=x, b=y) for x in "01" for y in "01"]
    assert [both(a, b)(each) for each in lines] == [False, False, False, True]
    assert [either(a, b)(each) for each in lines] == [False, True, True, True]
