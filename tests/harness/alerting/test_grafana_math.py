import math
from collections.abc import Mapping, Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.alerting.frames import Frame, Number, Series
from harness.alerting.grafana_math import Math
from harness.alerting.promql import Labels, ParseError

GET, PUT = Labels({"method": "GET"}), Labels({"method": "PUT"})
GET_EU = Labels({"method": "GET", "region": "eu"})


def run(text: str, **frames: Sequence[Frame]) -> list[Frame]:
    return Math.parse("M", text).run(frames)


def value(text: str, **numbers: float | None) -> float | None:
    frames = {name: [Number(Labels(), number)] for name, number in numbers.items()}
    (found,) = run(text, **frames)
    assert isinstance(found, Number)
    return found.value


def same(one: float | None, other: float | None) -> bool:
    return one == other or (one is not None and other is not None and math.isnan(one) and math.isnan(other))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("2 ** 3 ** 2", 64), ("-2 ** 2", 4), ("7 % 4 - 1", 2), ("-7 % 4", -3),
        ("!0 + 1", 2), ("!(1 == 1)", 0), ("1 > 0 == 1", 1), ("1 || 0 && 0", 1), ("0x10 + 010", 24), ("089 + .5", 89.5),
        ("1.5e2", 150), ("1 / 0", math.inf), ("0 / 0", math.nan), ("-1 ** 0.5", math.nan), ("10 ** 400", math.inf),
        ("1 >= 1", 1), ("2 <= 1", 0), ("1 != 2", 1), ("3 < 2", 0), ("5 % 0", math.nan), ("- -3", 3),
        ("!nan()", math.nan), ("nan() == nan()", math.nan), ("nan() || 0", 1), ("0 || nan()", math.nan),
        ("0 && nan()", 0), ("1 && nan()", math.nan), ("nan() && 1", math.nan), ("inf() - inf()", math.nan),
        ("infn() < 0", 1), ("0 || 1", 1), ("0 || 0", 0), ("0 || 2", 1), ("1 && 1", 1), ("1 && 2", 1), ("2 && 0", 0),
        ("round(4503599627370497)", 4503599627370497), ("null() + 1", None), ("!null()", None), ("0 && null()", None),
        ("abs(-3)", 3), ("round(2.5)", 3), ("round(-2.5)", -3), ("ceil(1.2)", 2), ("floor(-1.2)", -2),
        ("round(inf())", math.inf), ("log(0)", -math.inf), ("log(-1)", math.nan), ("log(1)", 0),
        ("abs(null())", math.nan), ("is_nan(null())", math.nan), ("is_nan(nan())", 1), ("is_nan(1)", 0),
        ("is_inf(infn())", 1), ("is_inf(5)", 0), ("is_null(null())", 1), ("is_null(nan())", 0),
        ("is_number(1)", 1), ("is_number(inf())", 0), ("is_number(null())", 0), ("is_number(nan())", 0),
    ],
)  # fmt: skip
def test_expression_of_numbers_gives_what_grafana_gives(text: str, expected: float | None) -> None:
    found = value(text)
    assert same(found, expected), f"{text} gave {found}"


def test_variable_is_named_plainly_or_in_braces() -> None:
    assert value("$A + ${B two} + ${C}", A=1, **{"B two": 2.0}, C=4) == 7
    assert Math.parse("M", "$A + ${B two} - $A").sources == ("A", "B two")


def labelled(**frames: float) -> list[Frame]:
    return [Number(Labels({"method": method}), number) for method, number in frames.items()]


def test_numbers_with_equal_labels_meet_and_the_others_are_dropped() -> None:
    assert run("$A + $B", A=labelled(GET=1, PUT=2), B=labelled(GET=10, POST=20)) == [Number(GET, 11)]


def test_narrower_labels_meet_all_wider_ones_on_either_side() -> None:
    wide: list[Frame] = [Number(GET_EU, 1), Number(Labels({"method": "GET", "region": "us"}), 2)]
    assert run("$A * $B", A=wide, B=labelled(GET=10, PUT=99)) == [
        Number(GET_EU, 10),
        Number(Labels({"method": "GET", "region": "us"}), 20),
    ]
    assert run("$B - $A", A=wide, B=labelled(GET=10))[0] == Number(GET_EU, 9)


def test_number_without_labels_meets_all() -> None:
    assert run("$A > $B", A=labelled(GET=1, PUT=3), B=[Number(Labels(), 2)]) == [Number(GET, 0), Number(PUT, 1)]


def test_one_number_on_each_side_meet_whatever_their_labels_which_are_lost() -> None:
    assert run("$A + $B", A=labelled(GET=1), B=labelled(PUT=2)) == [Number(Labels(), 3)]
    assert run("$A + $B", A=labelled(GET=1, POST=5), B=labelled(PUT=2)) == []


def test_nothing_on_one_side_is_nothing() -> None:
    assert run("$A + $B", A=labelled(GET=1), B=[]) == []


def series(labels: Labels, points: Mapping[float, float | None]) -> Series:
    return Series(labels, list(points.items()))


def test_series_meets_a_number_at_every_point_and_keeps_its_gaps() -> None:
    one = [series(GET, {0: 1.0, 60: None, 120: math.inf})]
    assert run("2 * $A", A=one) == [series(GET, {0: 2.0, 60: None, 120: math.inf})]
    assert run("$A - $B", A=one, B=labelled(GET=1)) == [series(GET, {0: 0.0, 60: None, 120: math.inf})]
    assert run("is_null($A)", A=one) == [series(GET, {0: 0.0, 60: 1.0, 120: 0.0})]
    assert run("-$A", A=one) == [series(GET, {0: -1.0, 60: None, 120: -math.inf})]


def test_two_series_meet_only_at_the_same_instants() -> None:
    one, other = series(GET, {0: 1.0, 60: 2.0, 120: 3.0}), series(GET_EU, {60: 10.0, 120: None, 180: 30.0})
    assert run("$A + $B", A=[one], B=[other]) == [series(GET_EU, {60: 12.0, 120: None})]


def test_thousands_of_series_find_their_partners_in_no_time() -> None:
    many = [Number(Labels({"path": str(n)}), float(n)) for n in range(3000)]
    assert len(run("$A / $B", A=many, B=many)) == 3000


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it ends too early"),
        ("$A +", "it ends too early"),
        ("($A", "it ends too early"),
        ("$A)", "unexpected '\\)' at column 3"),
        ("$A $B", "unexpected '\\$B' at column 4"),
        ("$A>-1", "unexpected '>-' at column 3. Write > -, with a space"),
        ("$A === 1", "unexpected '===' at column 4"),
        ("$", "'\\$' at column 1 means nothing"),
        ("A > 1", "unknown function 'A'.* named with a \\$, such as \\$A"),
        ("abs($A, $B)", "',' at column 7 means nothing"),
        ("abs()", "unexpected '\\)'"),
        ("nan($A)", "unexpected '\\$A' at column 5"),
        ("$A + [", "'\\[' at column 6 means nothing"),
        ("$A>=!1", "unexpected '>=!' at column 3. Write >= !, with a space"),
        ("$A ++ 1", "unexpected '\\+\\+' at column 4$"),
        ("abs $A", "unexpected '\\$A' at column 5"),
        ("is_nul($A)", "unknown function 'is_nul'. Did you mean 'is_null'"),
        ("(" * 60 + "1", "nested more than 50 deep"),
        ("-" + " -" * 60 + "1", "nested more than 50 deep"),
        ("1" + "+1" * 300, "601 words, and at most 400"),
    ],
)
def test_expression_with_a_mistake_is_refused_with_its_column(text: str, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        Math.parse("M", text)


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(words=st.lists(st.sampled_from([*"()+-*/%!", "**", "&&", "||", ">", "$A", "1", "abs", "nan", "${B}", " "])))
def test_any_text_is_reckoned_or_refused(words: list[str]) -> None:
    frames: dict[str, list[Frame]] = {
        "A": labelled(GET=1, PUT=0),
        "B": [series(GET, {0: None, 60: math.nan, 120: 1e308})],
    }
    with suppress(ParseError):
        Math.parse("M", " ".join(words)).run(frames)
