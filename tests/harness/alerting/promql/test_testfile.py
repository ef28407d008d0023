from textwrap import dedent

import pytest

from harness.alerting.promql import ParseError, Semantics
from harness.alerting.promql.testfile import CaseResult, Outcome, run_test_file


def run(script: str) -> list[CaseResult]:
    return run_test_file(dedent(script), semantics=Semantics.V3)


def test_file_in_the_old_dialect_runs_case_by_case() -> None:
    results = run(
        """\
        # a comment
        load 1m
          m{a="1"} 0+1x5
          m{a="1"} 0+2x5

        eval instant at 2m m
          m{a="1"} 4
        clear
        eval instant at 2m m

        eval_fail instant at 0 sum(
        eval_ordered instant at 0 1
          1
        """
    )
    assert [(result.line, result.outcome) for result in results] == [
        (6, Outcome.PASSED),
        (9, Outcome.PASSED),
        (11, Outcome.PASSED),
        (12, Outcome.PASSED),
    ]


def test_file_in_the_new_dialect_runs_case_by_case() -> None:
    results = run(
        """\
        load 1m
          m 0 1 _ 3
        eval range from 0 to 3m step 1m m * 2
          {} 0 2 2 6

        eval instant at 3m m[2m]
          expect range vector from 2m to 3m step 1m
          m _ 3

        eval instant "a"
          expect string "a"

        eval instant m +
          expect fail
        """
    )
    assert [result.outcome for result in results] == [Outcome.PASSED] * 4


def test_case_that_is_wrong_says_what_came_out_instead() -> None:
    wrong, missing, fine, failing = run(
        """\
        load 1m
          m 1
        eval instant at 0 m
          m 2
        eval instant at 0 m
          n 1
        eval_fail instant at 0 m
        eval instant at 0 rate(m)
        """
    )
    assert wrong.detail == "m is [(0.0, 1.0)], not [(0.0, 2.0)]"
    assert missing.detail == "gave [m], not [n]"
    assert fine.detail.endswith("but should have failed")
    assert failing.detail.startswith("failed: expected type matrix")
    assert {result.outcome for result in (wrong, missing, fine, failing)} == {Outcome.FAILED}


def test_case_with_native_histograms_is_left_out_until_the_store_is_cleared() -> None:
    results = run(
        """\
        load 1m
          m {{sum:1}}
        eval instant at 0 count(m)
          {} 1
        clear
        load_with_nhcb 1m
          m_bucket{le="+Inf"} 1
        eval instant at 0 1
          1
        clear
        eval instant at 0 m
          m {{sum:1}}
        eval instant at 0 1
          1
        """
    )
    assert [result.outcome for result in results] == [Outcome.LEFT_OUT] * 3 + [Outcome.PASSED]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("lod 5m\n", "line 1: 'lod 5m' is no command"),
        ("\nload 5m extra\n", "line 2: 'load 5m extra' is incomplete"),
        ("load 5x\n", "line 1: '5x' is not a duration"),
        ("load 5m\n  m abc\n", "line 1: 'abc' is no value"),
        ("eval range from 0 to 5m\n", "line 1: .* is incomplete"),
    ],
)
def test_line_that_is_wrong_is_named(script: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        run_test_file(script, semantics=Semantics.V3)
