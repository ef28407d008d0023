import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_factory.javascript import JsonError, parse_json
from fake_factory.json_syntax import explain

# Each pair as Node 20.20.2 prints it.
SAID_BY_NODE = [
    ("", "Unexpected end of JSON input"),
    ("{", "Expected property name or '}' in JSON at position 1"),
    (" {a", "Expected property name or '}' in JSON at position 2"),
    ('{"a"', "Expected ':' after property name in JSON at position 4"),
    ('{"a" 1}', "Expected ':' after property name in JSON at position 5"),
    ('{"a":1,"b"}', 'Unexpected token \'}\', "{"a":1,"b"}" is not valid JSON'),
    ('{"a":}', 'Unexpected token \'}\', "{"a":}" is not valid JSON'),
    ('{"a":1', "Expected ',' or '}' after property value in JSON at position 6"),
    ('{"a":1,}', "Expected double-quoted property name in JSON at position 7"),
    ("[", "Unexpected end of JSON input"),
    ("[1,", "Unexpected end of JSON input"),
    ("[1 2]", "Expected ',' or ']' after array element in JSON at position 3"),
    ("[1,]", "Unexpected token ']', \"[1,]\" is not valid JSON"),
    ("{}x", "Unexpected non-whitespace character after JSON at position 2"),
    ('{"a":"b', "Unterminated string in JSON at position 7"),
    (r'{"a":"\x"}', "Bad escaped character in JSON at position 7"),
    ('["\\é"]', "Bad escaped character in JSON at position 3"),
    ('["\\用"]', 'Unexpected token \'用\', "["\\用"]" is not valid JSON'),
    ('{"\\', "Unexpected end of JSON input"),
    (r'{"a":"\u12"}', "Bad Unicode escape in JSON at position 10"),
    ('{"a":"x\ty"}', "Bad control character in string literal in JSON at position 7"),
    ("[-]", "No number after minus sign in JSON at position 2"),
    ("[01]", "Unexpected number in JSON at position 2"),
    ("[1.]", "Unterminated fractional number in JSON at position 3"),
    ("[1e]", "Exponent part is missing a number in JSON at position 3"),
    ("[tru]", "Unexpected token ']', \"[tru]\" is not valid JSON"),
    ("tru", "Unexpected end of JSON input"),
    ('{"😀":1x}', "Expected ',' or '}' after property value in JSON at position 7"),
    ('{"aaaaaaaaaaaaaaaaaaaaaa":b}', 'Unexpected token \'b\', ..."aaaaaaaa":b}" is not valid JSON'),
    ("abcdefghijklmnopqrstuvwxyz", "Unexpected token 'a', \"abcdefghij\"... is not valid JSON"),
    ("[1,2,3,4,5,6,oops,7,8,9,10,11]", "Unexpected token 'o', ...\"2,3,4,5,6,oops,7,8,9\"... is not valid JSON"),
]


@pytest.mark.parametrize(("text", "message"), SAID_BY_NODE)
def test_explanation_of_broken_json_is_nodes(text: str, message: str) -> None:
    assert explain(text) == message


def test_explanation_of_good_json_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing is wrong"):
        explain('{"a":[1,-2.5e+3,true,"\\u00e9"]}')


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet='{}[]",:-01.eE+tfnul\\ \n\té常', max_size=12))
def test_explanation_exists_for_exactly_what_the_parser_refuses(text: str) -> None:
    try:
        parse_json(text)
    except JsonError as error:
        assert str(error)  # noqa: PT017 -- either outcome is right for some text
    else:
        json.loads(text)
        with pytest.raises(ValueError, match="nothing is wrong"):
            explain(text)
