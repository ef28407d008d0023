from __future__ import annotations

import pytest

from harness.alerting.logql.lexing import Reader, tokens
from harness.alerting.promql import ParseError


def test_words_signs_texts_and_numbers_are_told_apart_and_comments_left_out() -> None:
    text = '{a=~"x y"} |= `{b}` | json # | not this\n | ms >= 1.5e3 [1h30m]'
    assert [token.word for token in tokens(text)] == [
        "{", "a", "=~", '"x y"', "}", "|=", "`{b}`", "|", "json", "|", "ms", ">=", "1.5e3", "[", "1h30m", "]",
    ]  # fmt: skip
    assert {token.kind for token in tokens(text)} == {"sign", "name", "text", "number"}


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r'"a\"b\\c"', 'a"b\\c'),
        (r'"\n\t\x41é\U0001F355\101"', "\n\tAé🍕A"),
        (r"`a\n{{.b}}`", r"a\n{{.b}}"),
        ('""', ""),
    ],
)
def test_text_is_read_as_go_reads_it(written: str, text: str) -> None:
    assert Reader(written).demand_text("a text") == text


def test_error_names_the_column_and_what_stands_there() -> None:
    reader = Reader("sum (x)")
    reader.take()
    with pytest.raises(ParseError, match=r"expected '\{', at column 5 near '\(x\)'"):
        reader.demand("{")


def test_error_at_the_end_and_at_a_variable_of_grafana_says_so() -> None:
    assert "at column 1 near 'the end'" in str(Reader("").error("nothing"))
    assert "replace Grafana's variables, such as $__auto, first" in str(Reader("$__auto").error("no length"))


def test_text_in_quotes_is_no_word_that_could_be_taken() -> None:
    reader = Reader('"or"')
    assert reader.take_if("or", '"or"') == ""
