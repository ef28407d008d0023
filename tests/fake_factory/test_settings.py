from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest

from fake_factory.settings import ChaosStart, Settings, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("32s", 32), ("800ms", 0.8), ("1.5m", 90), ("1h", 3600), ("0s", 0), ("0.25s", 0.25)]
)
def test_duration_with_a_unit_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["32", "s", "-1s", "1 s", "1d", "32S", "", "1s1s"])
def test_duration_without_a_known_unit_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration; write .*, for example 32s"):
        parse_duration(text)


def test_duration_beyond_all_clocks_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than any clock can count"):
        parse_duration("9" * 20 + "h")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Settings(vendor_key="a/b"), "the vendor key is 'a/b'"),
        (lambda: Settings(admin_key=""), "the admin key is ''"),
        (lambda: Settings(vendor_key="x", admin_key="x"), "both 'x'; they must differ"),
        (lambda: Settings(order_delay=timedelta(seconds=-1)), "a delay is negative"),
        (
            lambda: Settings(chaos_starts=cast("ChaosStart", "later")),
            "chaos_starts is 'later'; it must be 'at once' or 'next day'",
        ),
    ],
)
def test_settings_with_a_bad_value_are_refused_and_name_it(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
