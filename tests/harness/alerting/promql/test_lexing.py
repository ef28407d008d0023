from harness.alerting.promql.lexing import split_code, tokens


def test_split_code_tells_quotes_and_comments_from_code() -> None:
    text = "a{b=\"#x\\\"\", c=`'`} # d 'e'\n+ 1"
    assert [part for part, is_code in split_code(text) if is_code] == ["a{b=", ", c=", "} ", "\n+ 1"]
    assert "".join(part for part, _ in split_code(text)) == text


def test_tokens_of_an_expression_are_words_with_their_places() -> None:
    assert list(tokens("a >= 5m # no")) == [(0, "a"), (2, ">="), (5, "5m")]
    assert [word for _, word in tokens('x{y!~"> 1"}')] == ["x", "{", "y", "!~", '"> 1"', "}"]
