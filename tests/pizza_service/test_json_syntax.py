import pytest

from pizza_service.json_syntax import explain_json_error, unexpected_token


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{", "Expected property name or '}' in JSON at position 1"),
        ("{a", "Expected property name or '}' in JSON at position 1"),
        ('{"a"', "Expected ':' after property name in JSON at position 4"),
        ('{"a" 1}', "Expected ':' after property name in JSON at position 5"),
        ('{"a":', "Unexpected end of JSON input"),
        ('{"a":1', "Expected ',' or '}' after property value in JSON at position 6"),
        ('{"a":1,}', "Expected double-quoted property name in JSON at position 7"),
        ('{"a":1,"b" 2}', "Unexpected number in JSON at position 11"),
        ("[1", "Expected ',' or ']' after array element in JSON at position 2"),
        ("[1 2]", "Expected ',' or ']' after array element in JSON at position 3"),
        ("[,", "Unexpected token ',', \"[,\" is not valid JSON"),
        ('"abc', "Unterminated string in JSON at position 4"),
        ('"a\\', "Unexpected end of JSON input"),
        ('"\\x"', "Bad escaped character in JSON at position 2"),
        ('"\\u12"', "Bad Unicode escape in JSON at position 5"),
        ('"a\tb"', "Bad control character in string literal in JSON at position 2"),
        ("-", "No number after minus sign in JSON at position 1"),
        ("01", "Unexpected number in JSON at position 1"),
        ("1.", "Unterminated fractional number in JSON at position 2"),
        ("1e", "Exponent part is missing a number in JSON at position 2"),
        ("nul", "Unexpected end of JSON input"),
        ("tru1", "Unexpected number in JSON at position 3"),
        ('tru"', "Unexpected string in JSON at position 3"),
        ("1 2", "Unexpected non-whitespace character after JSON at position 2"),
        ("undefined", '"undefined" is not valid JSON'),
        ("", "Unexpected end of JSON input"),
        ("１", "Unexpected token '１', \"１\" is not valid JSON"),
        ("<html><head></head></html>", "Unexpected token '<', \"<html><hea\"... is not valid JSON"),
        (
            "[1,2,3,4,5,6,7,8,9,?,11,12,13]",
            "Unexpected token '?', ...\"5,6,7,8,9,?,11,12,13\"... is not valid JSON",
        ),
        ("[1,2,3,4,5,6,7,8,9,10,?", "Unexpected token '?', ...\",7,8,9,10,?\" is not valid JSON"),
        ('["😀" 1]', "Expected ',' or ']' after array element in JSON at position 6"),
    ],
)
def test_explain_json_error_says_what_node_20_says(source: str, message: str) -> None:
    # Each pair was taken from Node 20.20.2.
    assert explain_json_error(source) == message


def test_explain_json_error_of_endless_nesting_does_not_overflow() -> None:
    assert explain_json_error("[" * 50_000) == "Unexpected end of JSON input"
    assert explain_json_error("[" * 50_000 + "]" * 50_000) == "Maximum call stack size exceeded"


def test_unexpected_token_counts_in_utf_16_units() -> None:
    assert unexpected_token("😀😀😀😀😀😀😀😀😀😀😀", 0) == "Unexpected token '�', \"😀😀😀😀😀\"... is not valid JSON"
