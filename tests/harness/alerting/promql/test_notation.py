import math

import pytest

from harness.alerting.promql import ParseError
from harness.alerting.promql.notation import describe, expand, labels_of, seconds_of
from harness.alerting.promql.store import is_stale


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("7", [7]),
        ("1+2x3", [1, 3, 5, 7]),
        ("1-2x2", [1, -1, -3]),
        ("-2+4x1", [-2, 2]),
        ("5x2", [5, 5, 5]),
        ("_", [None]),
        ("_x3", [None, None, None]),
        ("1e2+.5x1", [100, 100.5]),
        ("0x3", [0, 0, 0, 0]),
        ("Inf", [math.inf]),
        ("-inf", [-math.inf]),
    ],
)
def test_word_of_the_notation_stands_for_its_values(word: str, values: list[float | None]) -> None:
    assert list(expand(word)) == values


def test_word_stale_is_the_marker() -> None:
    assert [value is not None and is_stale(value) for value in expand("stalex1")] == [True, True]


@pytest.mark.parametrize("word", ["x3", "1+x3", "abc", "1+2", "", "1x99999999", "{{count:1}}"])
def test_word_of_another_kind_is_refused(word: str) -> None:
    with pytest.raises(ParseError):
        list(expand(word))


def test_line_describes_a_series_and_its_values() -> None:
    described = describe('  requests{job="a b", path="/x}"}  1+1x1 _ 4 ')
    assert described.labels == {"__name__": "requests", "job": "a b", "path": "/x}"}
    assert described.values == (1, 2, None, 4)
    assert describe("{} 3").labels == {}
    assert describe("up 1").labels == {"__name__": "up"}


@pytest.mark.parametrize("line", ["requests", 'requests{job="a"}', 'requests{job!="a"} 1', "sum(requests) 1"])
def test_line_that_describes_no_series_is_refused(line: str) -> None:
    with pytest.raises(ParseError):
        describe(line)


def test_labels_of_a_pattern_are_refused() -> None:
    with pytest.raises(ParseError, match="does not name one series"):
        labels_of('m{a=~"b"}')


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("300", 300), ("1.5", 1.5), ("0s", 0), ("1h30m", 5400), ("5ms", 0.005)]
)
def test_time_is_read_with_or_without_a_unit(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


def test_time_of_another_form_is_refused() -> None:
    with pytest.raises(ParseError, match="'5x' is not a duration"):
        seconds_of("5x")
