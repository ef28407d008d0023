"""Running Prometheus' own test files (`.test`): load series, evaluate expressions, compare.

Both dialects are read: `eval_fail` and `eval_ordered` of 2.x, and the `expect` lines that replaced them. Annotations
(`expect warn`, `expect info`) are not checked. Native histograms are not known: a case that expects one is left out,
and so is one that reads one and does not come out right without it. A command that cannot be read is a failed case,
and the rest of the file runs.

Source: the README of promql/promqltest in the Prometheus repository.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from harness.alerting.promql.analysis import selectors
from harness.alerting.promql.errors import ParseError, PromQLError
from harness.alerting.promql.expectation import Expectation, Steps, difference, read_expectation
from harness.alerting.promql.expression import compile  # noqa: A004 - as in re.compile
from harness.alerting.promql.labels import METRIC_NAME, Labels
from harness.alerting.promql.moment import Dialect, Semantics
from harness.alerting.promql.notation import describe, named, seconds_of
from harness.alerting.promql.parser import parse
from harness.alerting.promql.store import SeriesStore
from harness.alerting.promql.values import Value

_COMMAND = re.compile(r"clear$|load(_with_nhcb)?\s|eval(_\w+)?\s+(instant|range)\s")
_LOAD = re.compile(r"load(?P<native>_with_nhcb)?\s+(?P<step>\S+)$")
_INSTANT = re.compile(r"eval(?:_(?P<mode>\w+))?\s+instant\s+(?:at\s+(?P<at>\S+)\s+)?(?P<expression>.+)$")
_RANGE = re.compile(
    r"eval(?:_(?P<mode>\w+))?\s+range\s+from\s+(?P<start>\S+)\s+to\s+(?P<end>\S+)\s+step\s+(?P<step>\S+)"
    r"\s+(?P<expression>.+)$"
)
_NATIVE_HISTOGRAM = "{{"
_BUCKET = "_bucket"


class Outcome(Enum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    LEFT_OUT = "left out, for want of native histograms"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One `eval` of a test file, or a command that could not be read, and what came of it."""

    line: int
    """Where it stands, counted from 1."""

    expression: str
    """What was evaluated."""

    outcome: Outcome
    """How it ended."""

    detail: str = ""
    """What was wrong with a failed one."""


def run_test_file(text: str, *, semantics: Semantics) -> list[CaseResult]:
    """Run a whole test file.

    Args:
        text: Its content.
        semantics: The Prometheus it belongs to.

    Returns:
        One result for each `eval`, and one for each command that cannot be read, in order.
    """
    run = _Run(semantics)
    for number, head, lines in _commands(text):
        try:
            run.command(number, head, lines)
        except ParseError as error:
            run.results.append(CaseResult(number, head, Outcome.FAILED, f"cannot be read: {error}"))
    return run.results


def _commands(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Each command with the number of its line, and the lines below that belong to it."""
    number, head, below = 0, "", list[str]()
    for at, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("#"):
            continue
        starts = _COMMAND.match(stripped) or (stripped and not head)
        if head and (starts or not stripped):
            yield number, head, below
            head = ""
        if starts:
            number, head, below = at, stripped, []
        elif stripped:
            below.append(stripped)
    if head:
        yield number, head, below


class _Run:
    """A file in the middle of running: what is loaded, and what came out so far."""

    def __init__(self, semantics: Semantics) -> None:
        self.results: list[CaseResult] = []
        self._semantics = semantics
        self._store = SeriesStore()
        self._native: list[Labels] = []  # what the store would hold besides, if it knew native histograms

    def command(self, number: int, head: str, lines: list[str]) -> None:
        if head == "clear":
            self._store, self._native = SeriesStore(), []
        elif load := _LOAD.match(head):
            self._load(seconds_of(load["step"]), lines, converts=load["native"] is not None)
        elif case := _INSTANT.match(head) or _RANGE.match(head):
            self.results.append(self._case(number, case, lines))
        else:
            raise ParseError(
                f"{head!r} is no command, or an incomplete one; "
                "allowed are clear, load STEP, eval instant at TIME QUERY, eval range from TIME to TIME step STEP QUERY"
            )

    def _load(self, step: float, lines: list[str], *, converts: bool) -> None:
        """Load series; some files want their classic histograms converted to native ones besides."""
        described = {}
        for line in lines:
            if _NATIVE_HISTOGRAM in line:
                self._native.append(named(line)[0])
            else:
                series = describe(line)
                described[series.labels] = series.values  # of two lines for one series, the later counts
                self._native += _converted(series.labels) if converts else ()
        for labels, values in described.items():
            for index, value in enumerate(values):
                if value is not None:
                    self._store.append(labels, index * step, value)

    def _case(self, number: int, case: re.Match[str], lines: list[str]) -> CaseResult:
        if any(_NATIVE_HISTOGRAM in line for line in lines):
            return CaseResult(number, case["expression"], Outcome.LEFT_OUT)
        parts = case.groupdict()
        steps = Steps(seconds_of(parts["start"]), seconds_of(parts["step"])) if "step" in parts else None
        expected = read_expectation(lines, mode=parts["mode"] or "", steps=steps)
        detail = self._difference(expected, parts)
        if detail and self._touches_native(case["expression"]):
            return CaseResult(number, case["expression"], Outcome.LEFT_OUT)
        return CaseResult(number, parts["expression"], Outcome.FAILED if detail else Outcome.PASSED, detail)

    def _touches_native(self, text: str) -> bool:
        if not self._native:
            return False
        try:
            read = selectors(parse(text))
        except PromQLError:
            return False  # which the case itself will report
        return any(all(each.accepts(labels) for each in matchers) for matchers in read for labels in self._native)

    def _difference(self, expected: Expectation, parts: dict[str, str]) -> str:
        try:
            value = self._evaluate(parts)
        except PromQLError as error:
            return "" if expected.fails else f"failed: {error}"
        return f"gave {value!r}, but should have failed" if expected.fails else difference(expected, value)

    def _evaluate(self, parts: dict[str, str]) -> Value:
        expression = compile(parts["expression"], dialect=Dialect(self._semantics))
        if "step" not in parts:
            return expression.at(self._store, seconds_of(parts["at"] or "0"))
        start, end, step = (seconds_of(parts[name]) for name in ("start", "end", "step"))
        return expression.between(self._store, start=start, end=end, step=timedelta(seconds=step))


def _converted(labels: Labels) -> tuple[Labels, ...]:
    name = labels.value(METRIC_NAME)
    if not name.endswith(_BUCKET):
        return ()
    return (labels.without(("le",)).replacing(METRIC_NAME, name.removesuffix(_BUCKET)),)
