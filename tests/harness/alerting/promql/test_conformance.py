"""The engine against Prometheus' own test data, which is not part of this project.

The directory is that of PROMQL_CONFORMANCE, or shared/conformance/promql beside the project; the data there is of 2.42.
"""

import os
from pathlib import Path

import pytest

from harness.alerting.promql import Semantics
from harness.alerting.promql.testfile import Outcome, run_test_file

PROJECT = Path(__file__).parents[4]
DIRECTORY = Path(os.environ.get("PROMQL_CONFORMANCE", PROJECT.parent / "shared" / "conformance" / "promql"))
FILES = sorted(DIRECTORY.glob("*.test"))

EXCEPTIONS: dict[tuple[str, int], str] = {}
"""Cases that may fail: file and line, and the reason. None at present."""


@pytest.mark.skipif(not FILES, reason=f"no Prometheus test data in {DIRECTORY}; set PROMQL_CONFORMANCE to a copy")
@pytest.mark.parametrize("path", FILES or [DIRECTORY], ids=lambda path: path.stem)
def test_every_case_of_prometheus_own_tests_passes(path: Path) -> None:
    results = run_test_file(path.read_text(encoding="utf-8"), semantics=Semantics.V2)
    assert results
    failed = [result for result in results if result.outcome is not Outcome.PASSED]
    unexpected = [result for result in failed if (path.name, result.line) not in EXCEPTIONS]
    assert not unexpected, "\n".join(f"line {r.line}: {r.expression}: {r.detail}" for r in unexpected)
    unneeded = {line for name, line in EXCEPTIONS if name == path.name} - {result.line for result in failed}
    assert not unneeded, f"these exceptions pass and can be removed: {sorted(unneeded)}"
