"""How much of Prometheus' own test suite the engine passes: any directory of its `.test` files, counted file by file.

`pizza-chaos rules conformance` prints what this finds. Nothing about any particular file or case is known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.alerting.promql import Semantics
from harness.alerting.promql.testfile import CaseResult, Outcome, run_test_file
from harness.errors import ScenarioError


@dataclass(frozen=True, slots=True)
class FileResult:
    """What came of one test file."""

    name: str
    """The file's name."""
    cases: tuple[CaseResult, ...]
    """One result for each case, in order."""

    def count(self, outcome: Outcome) -> int:
        """Say how many of its cases ended in one way."""
        return sum(case.outcome is outcome for case in self.cases)


@dataclass(frozen=True, slots=True)
class Conformance:
    """What came of a directory of test files."""

    semantics: Semantics
    """The Prometheus that they were held against."""
    files: tuple[FileResult, ...]
    """In the order of their names."""

    def count(self, outcome: Outcome) -> int:
        """Say how many cases ended in one way, all files together."""
        return sum(file.count(outcome) for file in self.files)

    @property
    def exit_code(self) -> int:
        """Give 1 when a case failed, 2 when none could be judged, and 0 otherwise."""
        if self.count(Outcome.FAILED):
            return 1
        return 0 if self.count(Outcome.PASSED) else 2

    def lines(self) -> Iterator[str]:
        """Tell it: passed/total for each file and in all, and below each file the cases that failed."""
        width = max(len(file.name) for file in self.files)
        for file in self.files:
            yield f"{file.name:{width}}  {_score(file.count(Outcome.PASSED), file.cases, file.count(Outcome.LEFT_OUT))}"
            for case in file.cases:
                if case.outcome is Outcome.FAILED:
                    yield f"  line {case.line}: {case.expression}: {case.detail}"
        every = [case for file in self.files for case in file.cases]
        total = _score(self.count(Outcome.PASSED), every, self.count(Outcome.LEFT_OUT))
        yield f"{'in all':{width}}  {total}, as Prometheus {self.semantics.value}"


def run_conformance(directory: Path, *, semantics: Semantics | None = None) -> Conformance:
    """Run every `.test` file of a directory.

    Args:
        directory: where the files are; folders inside it are not looked into.
        semantics: the Prometheus that they belong to. Without it all are tried, and the one that passes more counts:
            the files of one release do not say which it was.

    Raises:
        ScenarioError: when there is no such file, or one cannot be read.
    """
    paths = sorted(directory.glob("*.test"))
    if not paths:
        message = f"there are no .test files in {directory}. Give a directory such as Prometheus' promql/testdata."
        raise ScenarioError(message)
    texts = [(path.name, _text(path)) for path in paths]
    every = (Semantics.V3, Semantics.V2, Semantics.V2_LATE)
    tried = [_run(texts, each) for each in ([semantics] if semantics else every)]
    return max(tried, key=lambda result: result.count(Outcome.PASSED))


def _run(texts: Sequence[tuple[str, str]], semantics: Semantics) -> Conformance:
    files = (FileResult(name, tuple(run_test_file(text, semantics=semantics))) for name, text in texts)
    return Conformance(semantics, tuple(files))


def _score(passed: int, cases: Sequence[CaseResult], left_out: int) -> str:
    score = f"{passed}/{len(cases)}"
    return f"{score} ({left_out} {Outcome.LEFT_OUT.value})" if left_out else score


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"the test file {path} cannot be read: {problem}."
        raise ScenarioError(message) from error
