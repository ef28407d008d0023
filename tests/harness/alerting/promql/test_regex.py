import pytest

from harness.alerting.promql import ParseError
from harness.alerting.promql.regex import compile_regex


def matches(pattern: str, text: str, *, dot_matches_newline: bool = True) -> bool:
    return compile_regex(pattern, dot_matches_newline=dot_matches_newline).fullmatch(text) is not None


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("5..", "503"),
        ("(?i:PRO).*", "production"),
        ("((?i)PRO).*", "production"),
        ("a(?i)b|c", "C"),  # a flag reaches past the bar, to the end of its group
        ("(?:(?i)a|b)c", "Bc"),
        ("(?i:a|b)", "B"),
        ("[[:alpha:]]+[[:digit:]]", "ab1"),
        ("[]a]+", "]a"),
        ("[^]a]", "b"),
        ("[a&&b||c~~d[-]+", "&|~[-"),
        ("[+--]", ","),
        ("a{,2}", "a{,2}"),
        ("a{", "a{"),
        ("a{2,}", "aaa"),
        (r"\x{1F355}", "🍕"),
        (r"\x41", "A"),
        (r"a\z", "a"),
        (r"a\.b", "a.b"),
        ("(?P<code>[0-9]+)", "12"),
        ("(?<code>[0-9]+)", "12"),
        ("(?m:^a$\n^b$)", "a\nb"),
        ("a*?", "aa"),
    ],
)
def test_regex_in_re2_syntax_matches_as_prometheus_does(pattern: str, text: str) -> None:
    assert matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("5.", "503"),  # anchored
        ("a{,2}", "aa"),
        ("(a)(?i)b|c", "A"),
        ("((?i)a)b", "aB"),  # a flag ends with its group
        (r"a$\n", "a\n"),  # the end is the end, not before the last line break
        (r"\d", "٣"),
        ("(?-i)a", "A"),
    ],
)
def test_regex_in_re2_syntax_does_not_match_what_prometheus_would_not(pattern: str, text: str) -> None:
    assert not matches(pattern, text)


def test_regex_dot_matches_a_line_break_from_prometheus_3_on() -> None:
    assert matches("a.b", "a\nb", dot_matches_newline=True)
    assert not matches("a.b", "a\nb", dot_matches_newline=False)


@pytest.mark.parametrize(
    "pattern",
    [
        *("(", ")", "a)", "[a", "a**", "a++", "a{2}{3}", "a{1001}", "a{99999999}", "*", "(?=a)", "(?<=a)", "(?#a)"),
        *(r"(a)\1", r"\pL", r"\C", r"\Qa\E", "(?U)a*", "[[:nope:]]", "\\", r"\x{110000}", "(?P=a)", "[b-a]", "(?z)a"),
    ],
)
def test_regex_that_re2_or_python_refuses_is_a_parse_error_naming_it(pattern: str) -> None:
    with pytest.raises(ParseError) as caught:
        compile_regex(pattern, dot_matches_newline=True)
    assert repr(pattern) in str(caught.value)


SLOW = ["(a+)+b", "(a|a)*b", "(a*)*b", ".*.*.*.*.*.*.*b", "(?:a?){200}b"]


@pytest.mark.parametrize("pattern", SLOW)
def test_regex_written_to_be_slow_ends(pattern: str) -> None:
    assert not matches(pattern, "a" * 200)
    assert matches(pattern, "a" * 200 + "b")


def test_regex_written_to_be_slow_finds_its_groups() -> None:
    found = compile_regex("(?P<all>(a+)+)(b)(c)?", dot_matches_newline=True).fullmatch("a" * 60 + "b")
    assert found
    assert (found[0], found["all"], found[2], found[3], found[4]) == ("a" * 60 + "b", "a" * 60, "a" * 60, "b", None)
    with pytest.raises(IndexError):
        found[5]
    with pytest.raises(IndexError):
        found["none"]


@pytest.mark.parametrize("pattern", ["(?:x|y)+", "[xy]+", "(?:x|y)*"])
def test_regex_replaces_every_match_whichever_way_it_is_matched(pattern: str) -> None:
    regex = compile_regex(pattern, dot_matches_newline=True)
    text = "a" * 40 + "xyx" + "b" + "y"
    assert regex.search(text)
    written = regex.sub(lambda found: f"<{found[0]}>", text).replace("<>", "")
    assert written == "a" * 40 + "<xyx>b<y>"
    assert not compile_regex("(?:x|y)+z", dot_matches_newline=True).search(text)
