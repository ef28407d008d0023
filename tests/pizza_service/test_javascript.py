import json
import math

import pytest

from pizza_service.errors import HttpError
from pizza_service.javascript import (
    UNDEFINED,
    is_truthy,
    iterate,
    leading_number,
    member,
    number,
    number_text,
    parse_json,
    present,
    text,
    to_json,
)


@pytest.mark.parametrize("value", [[], {}, "0", "x", 1, -1.5, True, math.inf])
def test_is_truthy_what_javascript_takes_for_true(value: object) -> None:
    assert is_truthy(value)


@pytest.mark.parametrize("value", [UNDEFINED, None, "", 0, 0.0, False, math.nan])
def test_is_truthy_what_javascript_takes_for_false(value: object) -> None:
    assert not is_truthy(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", 12),
        (" 1.5 ", 1.5),
        ("", 0),
        ("-1", -1),
        ("1e3", 1000),
        (".5", 0.5),
        ("5.", 5),
        ("0x10", 16),
        ("0b11", 3),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        (None, 0),
        (True, 1),
        (2.5, 2.5),
        ([], 0),
        (["7"], 7),
    ],
)
def test_number_of_something_numeric_is_that_number(value: object, expected: float) -> None:
    assert number(value) == expected


@pytest.mark.parametrize("value", ["abc", "1x", "1_000", "inf", "nan", "-0x10", "１２", UNDEFINED, {}, [1, 2]])
def test_number_of_anything_else_is_nan(value: object) -> None:
    assert math.isnan(number(value))


@pytest.mark.parametrize(("value", "expected"), [("1x", 1), (" 2.5 pizzas", 2.5), ("-3", -3), ("x1", None), ("", None)])
def test_leading_number_is_what_mysql_reads(value: str, expected: float | None) -> None:
    assert leading_number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (-10.0, "-10"),
        (1.5, "1.5"),
        (1e20, "1" + "0" * 20),
    ],
)
def test_number_text_is_as_in_a_template(value: float, expected: str) -> None:
    assert number_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "x"),
        (1.0, "1"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (UNDEFINED, "undefined"),
        ({"a": 1}, "[object Object]"),
        ([1, None, ["x"]], "1,,x"),
    ],
)
def test_text_is_as_in_a_template(value: object, expected: str) -> None:
    assert text(value) == expected


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ('{"a": 1.0, "b": 0.00001, "c": 1e2}', '{"a":1,"b":0.00001,"c":100}'),
        ("-0.0", "0"),
        ("123456789012345", "123456789012345"),
        ("1e400", "null"),
        ('"\\u00fc\\n常"', '"ü\\n常"'),
        ('"\\ud83d\\ude00"', '"😀"'),
        ('["\\ud83d"]', '["�"]'),
    ],
)
def test_json_read_and_written_is_as_node_does_it(source: str, written: str) -> None:
    assert to_json(parse_json(source)).decode() == written


@pytest.mark.parametrize("digits", [400, 5000])
def test_parse_json_of_an_endless_integer_is_a_double(digits: int) -> None:
    assert parse_json("9" * digits) == math.inf


@pytest.mark.parametrize("source", ["NaN", "Infinity", "[-Infinity]", "{'a':1}", "{,}", "\x00"])
def test_parse_json_of_what_only_python_takes_raises(source: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        parse_json(source)


def test_parse_json_agrees_with_the_standard_library_on_plain_text() -> None:
    source = '{"order":{"items":[{"menuId":1,"price":0.05}],"ok":true,"none":null}}'
    assert parse_json(source) == json.loads(source)


def test_present_leaves_out_undefined_and_keeps_null() -> None:
    assert present(a=1, b=UNDEFINED, c=None) == {"a": 1, "c": None}


def test_iterate_of_texts_and_lists_visits_and_of_others_raises() -> None:
    assert iterate("ab", name="x") == ["a", "b"]
    assert iterate([1], name="x") == [1]
    others: tuple[object, ...] = (None, UNDEFINED, {}, 5)
    for value in others:
        with pytest.raises(HttpError, match=r"order\.items is not iterable"):
            iterate(value, name="order.items")


def test_member_of_null_raises_and_of_others_is_undefined() -> None:
    assert member({"a": 1}, "a") == 1
    others: tuple[object, ...] = ({}, 5, "x", [])
    assert [member(value, "a") for value in others] == [UNDEFINED] * 4
    with pytest.raises(HttpError, match=r"Cannot read properties of null \(reading 'a'\)"):
        member(None, "a")
