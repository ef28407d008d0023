import math

import pytest

from harness.alerting.template_functions import COMMON, GRAFANA, Found, TemplateError

FOUND = [Found({"job": "web", "__value__": "two"}, 2.0), Found({"job": "db"}, 1.0)]


def call(function: str, *values: object) -> object:
    takes, work = {**COMMON, **GRAFANA}[function]
    assert len(values) in takes
    return work(*values)


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        ("humanize", 0.0, "0"),
        ("humanize", 1234567.0, "1.235M"),
        ("humanize", 999.0, "999"),
        ("humanize", 1000.0, "1k"),
        ("humanize", -2500.0, "-2.5k"),
        ("humanize", 0.0012, "1.2m"),
        ("humanize", math.inf, "+Inf"),
        ("humanize", math.nan, "NaN"),
        ("humanize", "12000", "12k"),
        ("humanize", 5, "5"),
        ("humanize1024", 2048.0, "2ki"),
        ("humanize1024", 0.25, "0.25"),
        ("humanizePercentage", 0.951, "95.1%"),
        ("humanizePercentage", 1e6, "1e+08%"),
        ("humanizePercentage", math.inf, "+Inf%"),
        ("humanizeDuration", 0.0, "0s"),
        ("humanizeDuration", 0.02, "20ms"),
        ("humanizeDuration", 59.5, "59.5s"),
        ("humanizeDuration", 3725.0, "1h 2m 5s"),
        ("humanizeDuration", -60.0, "-1m 0s"),
        ("humanizeDuration", 90061.0, "1d 1h 1m 1s"),
        ("humanizeDuration", math.nan, "NaN"),
        ("humanizeTimestamp", 123456.5, "1970-01-02 10:17:36.5 +0000 UTC"),
        ("humanizeTimestamp", -0.5, "1969-12-31 23:59:59.5 +0000 UTC"),
        ("humanizeTimestamp", math.inf, "+Inf"),
    ],
)
def test_humanize_function_writes_as_promtool_does(function: str, value: object, expected: str) -> None:
    assert call(function, value) == expected


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        ("title", ("the on-call's page",), "The On-Call's Page"),
        ("toUpper", ("a",), "A"),
        ("toLower", ("A",), "a"),
        ("match", ("^a.*c$", "abc"), True),
        ("match", ("b", "abc"), True),
        ("match", ("^b", "abc"), False),
        ("reReplaceAll", ("(.*):.*", "$1", "host:80"), "host"),
        ("reReplaceAll", ("a(b)?", "[${1}]", "aab"), "[][b]"),
        ("stripPort", ("host:80",), "host"),
        ("stripPort", ("[::1]:80",), "::1"),
        ("stripPort", ("host",), "host"),
        ("stripDomain", ("web.example.com:80",), "web:80"),
        ("stripDomain", ("10.0.0.1:80",), "10.0.0.1:80"),
        ("parseDuration", ("1h30m",), 5400.0),
        ("parseDuration", ("-5m",), -300.0),
        ("urlquery", ("a b&c",), "a+b%26c"),
        ("graphLink", ("up == 0",), "/graph?g0.expr=up+%3D%3D+0&g0.tab=0"),
        ("tableLink", ("up",), "/graph?g0.expr=up&g0.tab=1"),
        ("print", (1, 2, "a", "b", 3), "1 2ab3"),
        ("println", ("a", 1), "a 1\n"),
        ("len", ("ü",), 2),
        ("len", ([1, 2],), 2),
        ("index", ({"a": {"b": "c"}}, "a", "b"), "c"),
        ("index", ({"a": "b"}, "z"), ""),
        ("index", (["a", "b"], 1), "b"),
        ("and", (1, "", 2), ""),
        ("and", (1, 2), 2),
        ("or", (0, "", "x"), "x"),
        ("or", (0, ""), ""),
        ("not", ({},), True),
        ("eq", (1, 2, 1), True),
        ("ne", ("a", "b"), True),
        ("lt", (1.0, 2.0), True),
        ("ge", ("b", "a"), True),
        ("args", (1, "a"), {"arg0": 1, "arg1": "a"}),
        ("first", (FOUND,), FOUND[0]),
        ("value", (FOUND[0],), 2.0),
        ("label", ("job", FOUND[1]), "db"),
        ("strvalue", (FOUND[0],), "two"),
        ("sortByLabel", ("job", FOUND), FOUND[::-1]),
        ("filterLabels", ({"a": "1", "b": "2"}, "a"), {"a": "1"}),
        ("filterLabelsRe", ({"ab": "1", "b": "2"}, "^a"), {"ab": "1"}),
        ("removeLabels", ({"a": "1", "b": "2"}, "a"), {"b": "2"}),
        ("removeLabelsRe", ({"ab": "1", "c": "2"}, "b"), {"c": "2"}),
        ("mergeLabelValues", ({"A": FOUND[0], "B": FOUND[1]},), {"job": "db, web", "__value__": "two"}),
    ],
)  # fmt: skip
def test_function_gives(function: str, values: tuple[object, ...], expected: object) -> None:
    assert call(function, *values) == expected


@pytest.mark.parametrize(
    ("function", "values", "reason"),
    [
        ("humanize", ("GET",), "'GET' is not a number"),
        ("humanize", (True,), "true is not a number"),
        ("humanizeTimestamp", (1e21,), "is no date"),
        ("match", ("(", "x"), "regular expression"),
        ("parseDuration", ("5 apples",), "is not a duration"),
        ("first", ([],), "brought nothing"),
        ("index", (5, 1), "there is nothing at 1 in 5"),
        ("len", (5,), "5 has no length"),
        ("eq", (1, 1.0), "cannot be compared"),
        ("lt", (True, 1), "cannot be compared"),
    ],
)
def test_function_that_cannot_do_its_work_says_why(function: str, values: tuple[object, ...], reason: str) -> None:
    with pytest.raises(TemplateError, match=reason):
        call(function, *values)


@pytest.mark.parametrize(
    ("value", "text"), [(12.5, "12"), (0.0, "0"), (0.0123, "0.012"), (1234.5, "1234"), (math.nan, "NaN"), (1.26, "1.3")]
)
def test_value_that_a_grafana_rule_saw_is_written_with_two_digits(value: float, text: str) -> None:
    assert Found({}, value).go_string() == text
