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


@pytest.mark.parametrize(("semantics", "fails"), [(Semantics.V2, False), (Semantics.V3, True)])
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
