from textwrap import dedent

import pytest

from harness.alerting.promql import Semantics
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


def test_case_that_touches_a_native_histogram_is_left_out_unless_it_comes_out_right() -> None:
    results = run(
        """\
        load 1m
          m{a="1"} 1
          m{a="2"} {{sum:1}}
          n 1
        eval instant at 0 count(m)
          {} 2
        eval instant at 0 count(m)
          {} 1
        eval instant at 0 n + 1
          {} 3
        eval instant at 0 histogram_count(m + n)
          {} 1
        eval instant at 0 n
          n 1
        eval instant at 0 n
          {} {{sum:1}}
        clear
        eval instant at 0 count(m)
        """
    )
    out, passed, failed = Outcome.LEFT_OUT, Outcome.PASSED, Outcome.FAILED
    assert [result.outcome for result in results] == [out, passed, failed, out, passed, out, passed]


def test_case_that_touches_a_converted_histogram_is_left_out_and_its_buckets_are_not() -> None:
    results = run(
        """\
        load_with_nhcb 1m
          m_bucket{le="+Inf", a="b"} 1
          n 1
        eval instant at 0 m_bucket
          m_bucket{le="+Inf", a="b"} 1
        eval instant at 0 sum({a="b"})
          {} 2
        eval instant at 0 m{a="c"}
        """
    )
    assert [result.outcome for result in results] == [Outcome.PASSED, Outcome.LEFT_OUT, Outcome.PASSED]


@pytest.mark.parametrize(
    ("script", "line", "message"),
    [
        ("lod 5m\n", 1, "'lod 5m' is no command"),
        ("\nload 5m extra\n", 2, "'load 5m extra' is no command, or an incomplete one"),
        ("load 5x\n", 1, "'5x' is not a duration"),
        ("load 5m\n  m abc\n", 1, "'abc' is no value"),
        ("eval range from 0 to 5m\n", 1, "an incomplete one"),
        ("eval instant at 0 1\n  what is this\n", 1, "'is' is no value"),
    ],
)
def test_command_that_cannot_be_read_is_a_failed_case_and_the_rest_runs(script: str, line: int, message: str) -> None:
    wrong, right = run_test_file(script + "\nclear\n\neval instant at 0 1\n  1\n", semantics=Semantics.V3)
    assert (wrong.line, wrong.outcome, right.outcome) == (line, Outcome.FAILED, Outcome.PASSED)
    assert message in wrong.detail
