from __future__ import annotations

import math

import pytest

from harness.alerting.logql.numbers import go_seconds, number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5.0),
        ("-1.5e3", -1500.0),
        (".5", 0.5),
        ("+Inf", math.inf),
        ("", None),
        ("5ms", None),
        ("x", None),
        (" 5", None),
    ],
)
def test_number_is_read_or_none(text: str, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h2m0.5s", 3720.5),
        ("250ms", 0.25),
        ("15µs", 15e-6),
        ("15us", 15e-6),
        ("-1.5s", -1.5),
        ("0", 0.0),
        ("5", None),
        ("", None),
        ("5d", None),
    ],
)
def test_length_of_time_is_read_as_go_writes_it_or_none(text: str, seconds: float | None) -> None:
    assert go_seconds(text) == (None if seconds is None else pytest.approx(seconds))
