import pytest

from fake_factory.javascript import JsonError, decode_param, dump_json, is_truthy, iso_date, parse_json


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ('{"a": [1.0, 1e3, -0, 0.5]}', b'{"a":[1,1000,0,0.5]}'),
        ("[1e999]", b"[null]"),
        (r'["\ud800", "\u5e38"]', b'["\\ud800","\xe5\xb8\xb8"]'),
        ('{"a":1,"a":2}', b'{"a":2}'),
        ("[" + "9" * 5000 + "]", b"[null]"),
    ],
)
def test_json_read_and_written_again_is_what_node_writes(sent: str, written: bytes) -> None:
    assert dump_json(parse_json(sent)) == written


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "[-Infinity]", "{'a':1}", "[1,]", ""])
def test_json_of_python_or_of_nobody_is_refused(text: str) -> None:
    with pytest.raises(JsonError):
        parse_json(text)


@pytest.mark.parametrize("value", [None, False, 0, 0.0, ""])
def test_truth_of_javascripts_falsy_values_is_false(value: object) -> None:
    assert not is_truthy(value)


@pytest.mark.parametrize("value", [[], {}, "0", 1, -1, True])
def test_truth_of_everything_else_is_true(value: object) -> None:
    assert is_truthy(value)


@pytest.mark.parametrize(
    ("epoch", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1733055840.5, "2024-12-01T12:24:00.500Z"),
        (1733055840.9999, "2024-12-01T12:24:00.999Z"),
        (-0.001, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_date_is_written_in_utc_with_milliseconds_cut(epoch: float, text: str) -> None:
    assert iso_date(epoch) == text


def test_escape_that_is_whole_is_undone_and_a_plus_stays() -> None:
    assert decode_param("a%2Fb%20c+%E5%B8%B8") == "a/b c+常"


@pytest.mark.parametrize("escaped", ["%", "%z", "%zz", "a%2", "%ff", "%c3"])
def test_escape_that_is_broken_is_quoted_in_the_complaint(escaped: str) -> None:
    with pytest.raises(ValueError, match=f"Failed to decode param '{escaped}'"):
        decode_param(escaped)
