import re
from collections.abc import Iterator
from random import Random

import pytest

from harness.alerting.promql import LimitExceeded
from harness.alerting.promql.linear import Program, parsed, ways

FLAGS = re.ASCII | re.DOTALL
LETTERS = ["a", "b", ".", "[ab]", "[^a]", r"\d", r"\W", r"\S", "(?i:A)", "(?i:[^b-c])", "(?-s:.)", r"\n", "[^\\s]"]
PLACES = [r"\b", "^", r"\A", r"\Z", "(?m:^)", "(?m:$)"]  # Python's own \B and $ are not RE2's
TIMES = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}"]


def drawn(rng: Random, depth: int) -> str:
    if not depth:
        return rng.choice(LETTERS)
    inner = drawn(rng, depth - 1)
    wrapped = [f"({inner})", f"(?:{inner}|{drawn(rng, depth - 1)})", inner + rng.choice(PLACES)]
    return rng.choice([*wrapped, f"(?:{inner}){rng.choice(TIMES)}", inner + drawn(rng, depth - 1)])


def cases(rng: Random) -> Iterator[tuple[re.Pattern[str], str]]:
    for _ in range(200):
        pattern = re.compile(drawn(rng, 3), FLAGS)
        for _ in range(3):
            yield pattern, "".join(rng.choices("aabbAB1 \n", k=rng.randrange(7)))


def whole(pattern: re.Pattern[str], text: str) -> bool:
    return Program(pattern.pattern, FLAGS).find(text, whole=True) is not None


def test_whole_texts_match_where_python_finds_a_way() -> None:
    wrong = [(p.pattern, text) for p, text in cases(Random(1)) if (p.fullmatch(text) is not None) != whole(p, text)]
    assert not wrong


def test_matches_inside_a_text_are_found_where_python_finds_them() -> None:
    wrong = []
    for pattern, text in cases(Random(2)):
        expected, found = pattern.search(text), Program(pattern.pattern, FLAGS).find(text, whole=False)
        if (expected and expected.start()) != (found and found[0]):
            wrong.append((pattern.pattern, text))
    assert not wrong


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a|ab)(c|bcd)(d*)", "abcd"),
        ("(a+)(a*)", "aaaa"),
        ("(a+?)(a*)", "aaaa"),
        ("(a{1,2}?)(a{0,2})(a*)", "aaaaa"),
        ("(x)?(.*)", "abc"),
        ("(?:(a)|b)*", "aab"),
    ],
)
def test_groups_hold_what_python_would_put_there(pattern: str, text: str) -> None:
    expected = re.fullmatch(pattern, text)
    found = Program(pattern, FLAGS).find(text, whole=True)
    assert expected
    assert found
    count = len(expected.groups()) + 1
    texts = [None if found[2 * at + 1] is None else text[slice(*found[2 * at : 2 * at + 2])] for at in range(count)]
    assert texts == [expected[0], *expected.groups()]


def test_place_inside_a_word_or_between_words_is_one_without_an_edge() -> None:
    assert Program(r"a\Bb", FLAGS).find("ab", whole=True)
    assert Program(r"\B", FLAGS).find("", whole=True)
    assert not Program(r"a\B-", FLAGS).find("a-", whole=True)


def test_part_that_may_be_nothing_is_tried_before_it_is_left_out() -> None:
    found = Program("(a*?)*(.*)", FLAGS).find("ab", whole=True)
    assert found == (0, 2, 0, 0, 0, 2)  # as Go has it; Python says that the first group holds the letter


@pytest.mark.parametrize("pattern", ["(a{0,100}){0,100}", "((((a{9}){9}){9}){9}){9}"])
def test_pattern_that_repeats_too_much_is_refused(pattern: str) -> None:
    with pytest.raises(LimitExceeded, match="repeats too much"):
        Program(pattern, FLAGS)


def test_text_that_would_take_too_long_is_refused() -> None:
    with pytest.raises(
        LimitExceeded, match=r"would take .* steps on a text of 1,000,000 letters, 2,000,000 are allowed"
    ):
        Program("(a+)+b", FLAGS).find("a" * 1_000_000, whole=True)


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("abc", 1),
        ("a*", 21),
        ("a{2,4}", 3),
        ("(.*):(.*)", 441),
        ("x|y|a?", 4),
        ("(?:ab|cd){2}", 4),
        ("(a+)+", float("inf")),
        ("(?:a|b?)*", 3.0**20),
        ("(?:(?:a*b*){9})*", float("inf")),
        ("(?:a?){3}", 8),
    ],
)
def test_ways_to_try_a_text_of_20_letters_multiply_with_what_repeats(pattern: str, count: float) -> None:
    assert ways(parsed(pattern, FLAGS), 20) == count
