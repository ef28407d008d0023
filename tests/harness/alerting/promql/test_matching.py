import pytest

from harness.alerting.promql import EvaluationError, Semantics, SeriesStore, compile  # noqa: A004
from tests.harness.alerting.promql.scripts import failures

LOAD = """
    load 10s
      errors{job="a", code="500"} 2
      errors{job="a", code="503"} 4
      requests{job="a", team="blue"} 8
      requests{job="b", team="red"} 9

"""


def test_many_to_one_match_keeps_the_labels_of_the_many_and_copies_what_is_named() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 0 errors / on (job) group_left (team) requests
      {job="a", code="500", team="blue"} 0.25
      {job="a", code="503", team="blue"} 0.5

    eval instant at 0 requests / on (job) group_right errors
      {job="a", code="500"} 4
      {job="a", code="503"} 2

    eval instant at 0 sum by (job) (errors) / ignoring (team) requests
      {job="a"} 0.75
    """
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("errors / on (job) requests", "several samples on the left match .* say so with group_left"),
        ("requests / on (job) errors", "on the right both match .* that side must be unique"),
        ("errors * on () group_right requests", "on the left both match"),
        ("errors * on (job) group_left (code) requests", "several results of the match"),
    ],
)
def test_match_that_is_not_unique_says_which_side_and_what_to_do(text: str, reason: str) -> None:
    store = SeriesStore()
    for labels in ({"job": "a", "code": "500"}, {"job": "a", "code": "503"}):
        store.append({"__name__": "errors", **labels}, 0, 1)
    store.append({"__name__": "requests", "job": "a"}, 0, 1)
    with pytest.raises(EvaluationError, match=reason):
        compile(text).at(store, 0)


@pytest.mark.parametrize(
    ("semantics", "fails"), [(Semantics.V2, False), (Semantics.V2_LATE, False), (Semantics.V3, True)]
)
def test_match_that_is_unique_only_after_filtering_is_an_error_from_3_on(semantics: Semantics, fails: bool) -> None:
    script = LOAD + "eval instant at 0 errors > on (job) (requests * 0 + 3)\n"
    script += "  expect fail\n" if fails else '  {job="a"} 4\n'
    assert not failures(script, semantics=semantics)


def test_set_operators_keep_samples_as_they_are() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 0 requests and on (job) errors
      requests{job="a", team="blue"} 8

    eval instant at 0 requests unless on (job) errors
      requests{job="b", team="red"} 9

    eval instant at 0 errors or on (job) requests
      errors{job="a", code="500"} 2
      errors{job="a", code="503"} 4
      requests{job="b", team="red"} 9

    eval instant at 0 nothing or vector(0)
      {} 0

    eval instant at 0 errors and nothing

    eval instant at 0 errors unless nothing
      errors{job="a", code="500"} 2
      errors{job="a", code="503"} 4
    """
    )


FILLED = """
    load 10s
      left{job="a"} 1
      left{job="b", n="1"} 2
      right{job="a", team="blue"} 10
      right{job="c", team="red"} 30

"""


def test_missing_partner_is_filled_on_the_side_that_is_told() -> None:
    assert not failures(
        FILLED
        + """
    eval instant at 0 left + on (job) fill (0) right
      {job="a"} 11
      {job="b"} 2
      {job="c"} 30

    eval instant at 0 left + on (job) fill_left (100) right
      {job="a"} 11
      {job="c"} 130

    eval instant at 0 left + on (job) fill_right (NaN) right
      {job="a"} 11
      {job="b"} NaN

    eval instant at 0 gone + ignoring (team) fill (1) right
      {job="a"} 11
      {job="c"} 31

    eval instant at 0 gone + fill_right (1) right

    eval instant at 0 left > bool on (job) fill (5) right
      {job="a"} 0
      {job="b"} 0
      {job="c"} 0
    """
    )


def test_fill_of_the_many_side_is_one_sample_named_by_the_match_and_is_left_however_they_stand() -> None:
    assert not failures(
        FILLED
        + """
    eval instant at 0 left + on (job) group_left (team) fill_left (0) right
      {job="a", team="blue"} 11
      {job="c", team="red"} 30

    eval instant at 0 right + on (job) group_right (team) fill_left (0) left
      {job="a", team="blue"} 11
      {job="c", team="red"} 30

    eval instant at 0 left + on (job) group_left (team) fill_right (0) right
      {job="a", team="blue"} 11
      {job="b", n="1"} 2
    """
    )


def test_side_that_is_empty_ends_the_match_before_the_other_is_found_ambiguous() -> None:
    assert not failures(LOAD + "eval instant at 0 gone + on (job) errors\n\neval instant at 0 errors + on (job) gone\n")
    ambiguous = "eval instant at 0 gone + on (job) fill (0) errors\n  expect fail\n"
    assert not failures(LOAD + ambiguous)
