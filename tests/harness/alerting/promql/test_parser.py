import pytest

from harness.alerting.promql import ParseError
from harness.alerting.promql.parser import parse
from harness.alerting.promql.syntax import Anchor, Binary, Call, Negation, Number, Range, Selector, Subquery, Text


def test_text_in_backticks_is_taken_as_written() -> None:
    assert parse('`a"b\\d\nc`') == Text('a"b\\d\nc')
    selector = parse(r'm{a=~`\d+`, b="`"}')
    assert isinstance(selector, Selector)
    assert [matcher.value for matcher in selector.matchers] == ["m", r"\d+", "`"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("m @ -1", -1000),
        ("m @ - 1.5", -1500),
        ("m @ 1609746000.123", 1609746000123),
        ("m @ 0", 0),
        ("m @ 1e3", 1_000_000),
        ("m @ -1e10", -10_000_000_000_000),
        ("m @ start()", Anchor.START),
        ("m @ end()", Anchor.END),
        ("m", None),
        ('m{a="@ -1"}', None),
    ],
)
def test_moment_fixed_with_at_is_read_also_before_1970(text: str, at: int | Anchor | None) -> None:
    selector = parse(text)
    assert isinstance(selector, Selector)
    assert selector.shift.at == at


def test_moment_too_far_away_is_refused() -> None:
    with pytest.raises(ParseError, match=r"@ -1e12 is more than 100,000,000,000 seconds away"):
        parse("m @ -1e12")


def test_parentheses_and_case_leave_no_trace() -> None:
    assert parse("((m)) AND (n)") == parse("m and n")


def test_minus_binds_less_than_power() -> None:
    node = parse("-2 ^ 2")
    assert isinstance(node, Negation)
    assert isinstance(node.inner, Binary)


def test_holt_winters_is_known() -> None:
    node = parse("holt_winters(m[5m], 0.1, 0.2)")
    assert isinstance(node, Call)
    assert node.args[1:] == (Number(0.1), Number(0.2))


def test_durations_are_milliseconds() -> None:
    node = parse("max_over_time(m[1h30m:5ms] offset -1d)")
    assert isinstance(node, Call)
    (subquery,) = node.args
    assert isinstance(subquery, Subquery)
    assert (subquery.range_ms, subquery.step_ms, subquery.shift.offset_ms) == (5_400_000, 5, -86_400_000)
    ranged = parse("m[1w]")
    assert isinstance(ranged, Range)
    assert ranged.range_ms == 604_800_000


@pytest.mark.parametrize(
    ("text", "column", "near"),
    [
        ("foo bar", 5, "bar"),
        ("a + * b", 3, "+ * b"),
        ("sum(foo", 4, "(foo"),
        ("1 +", 3, "+"),
        ("up and rate(foo)", 8, "rate(foo)"),
        ("nosuch(foo)", 1, "nosuch(foo)"),
        ("", 1, "the end"),
        ('a > 1 and m{b=~"\\\\pL"}', 12, '{b=~"\\\\pL"}'),
    ],
)
def test_error_names_the_expression_the_column_and_what_is_near(text: str, column: int, near: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert f"at column {column} near {near!r}" in str(caught.value)
    assert repr(text) in str(caught.value)


def test_error_over_a_grafana_variable_says_what_to_do() -> None:
    with pytest.raises(ParseError, match=r"replace Grafana's variables, such as \$__rate_interval, first"):
        parse("rate(m[$__rate_interval])")


@pytest.mark.parametrize("text", ['m{a="b" or c="d"}', "m[999999999y]", "\ud800", "m @ nan", "m @ 1.2.3"])
def test_text_that_is_no_promql_of_ours_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)


def test_panic_of_the_parser_becomes_a_parse_error(monkeypatch: pytest.MonkeyPatch) -> None:
    panic = type("PanicException", (BaseException,), {})

    def gives_up(_: str) -> None:
        raise panic("unwrap on None")

    monkeypatch.setattr("harness.alerting.promql.parser.rust.parse", gives_up)
    with pytest.raises(ParseError, match="the parser gave up: unwrap on None"):
        parse("up")


def test_interrupt_while_parsing_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.alerting.promql.parser.rust.parse", interrupted)
    with pytest.raises(KeyboardInterrupt):
        parse("up")


@pytest.mark.parametrize(
    ("quoted", "text"),
    [
        (r'"\xc3\xa9t\303\251"', "été"),
        (r"'\xe2\x82\xac'", "€"),
        (r'"\x22\x41\n"', '"A\n'),
        (r'"\\xff\\303"', r"\xff\303"),
        (r'"\xff"', "\ufffd"),
        (r"`\xff`", r"\xff"),
    ],
)
def test_escaped_bytes_are_read_as_the_letters_they_make_up(quoted: str, text: str) -> None:
    assert parse(quoted) == Text(text)
