from __future__ import annotations

import re

import pytest

from harness.telemetry.pushes import PushRefused
from harness.telemetry.scanning import Cursor

WORD = re.compile(r"[a-z]+\n?")


def test_take_what_is_there_moves_on() -> None:
    cursor = Cursor(b"ab\ncd", what="words")
    assert [cursor.take(WORD), cursor.take(WORD), cursor.at_end] == ["ab\n", "cd", True]


def test_take_what_is_not_there_stays() -> None:
    cursor = Cursor(b"1", what="words")
    assert (cursor.take(WORD), cursor.at_end) == (None, False)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"ab\n12\n34", "words, line 2, column 1: expected a word, found '12'."),
        (b"ab\n", "words, line 2, column 1: expected a word, the line ends."),
    ],
)
def test_demand_what_is_not_there_says_where(body: bytes, reason: str) -> None:
    cursor = Cursor(body, what="words")
    cursor.take(WORD)
    with pytest.raises(PushRefused) as refused:
        cursor.demand(WORD, "a word")
    assert str(refused.value) == reason


def test_cursor_over_bytes_that_are_no_text_is_refused() -> None:
    with pytest.raises(PushRefused, match="words: 'utf-8' codec can't decode byte 0xff in position 2"):
        Cursor(b"ab\xff", what="words")
