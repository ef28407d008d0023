"""Tests written in the language of Prometheus' own test files."""

from textwrap import dedent

from harness.alerting.promql import Semantics
from harness.alerting.promql.testfile import Outcome, run_test_file


def failures(script: str, *, semantics: Semantics = Semantics.V3) -> list[str]:
    """What went wrong in a script; at least one case must have run."""
    results = run_test_file(dedent(script), semantics=semantics)
    assert results
    return [f"{result.expression}: {result.detail}" for result in results if result.outcome is not Outcome.PASSED]
