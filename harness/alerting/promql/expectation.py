"""What a case of a test file expects, and how a value differs from it."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.alerting.promql.errors import ParseError
from harness.alerting.promql.labels import Labels
from harness.alerting.promql.notation import Described, describe, seconds_of
from harness.alerting.promql.parser import parse
from harness.alerting.promql.syntax import Text
from harness.alerting.promql.values import Matrix, Points, Sample, Value

_TOLERANCE = 1e-6  # relative, as in Prometheus' own runner
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf|nan", re.IGNORECASE)
_WINDOW = re.compile(r"expect range vector from (\S+) to (\S+) step (\S+)$")
_UNCHECKED = ("expect warn", "expect no_warn", "expect info", "expect no_info", "expected_fail")


@dataclass(frozen=True, slots=True)
class Steps:
    """Where in time a list of values lies."""

    start: float
    """Seconds since 1970 of the first."""

    step: float
    """Seconds from one to the next."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What should come out of one case."""

    fails: bool = False
    """Whether the evaluation should fail."""

    is_ordered: bool = False
    """Whether the order of the samples counts."""

    literal: float | str | None = None
    """The scalar or text that should come out."""

    series: tuple[Described, ...] = ()
    """The samples that should come out."""

    steps: Steps | None = None
    """Where their values lie in time; None for an instant vector, which has one value each."""


def read_expectation(lines: Sequence[str], *, mode: str, steps: Steps | None) -> Expectation:
    """Read the lines below an `eval`.

    Args:
        lines: Those lines.
        mode: What follows `eval_` in the older dialect: fail, ordered, or nothing.
        steps: The steps of a query over a range.

    Raises:
        ParseError: A line is none of what can be expected.
    """
    expectation = Expectation(fails=mode == "fail", is_ordered=mode == "ordered", steps=steps)
    for line in lines:
        if not line.startswith(_UNCHECKED):
            expectation = _with_line(expectation, line)
    return expectation


def _with_line(expectation: Expectation, line: str) -> Expectation:
    if line.startswith("expect fail"):
        return replace(expectation, fails=True)
    if line == "expect ordered":
        return replace(expectation, is_ordered=True)
    if window := _WINDOW.match(line):
        return replace(expectation, steps=Steps(seconds_of(window[1]), seconds_of(window[3])))
    if line.startswith("expect string "):
        return replace(expectation, literal=_text(line.removeprefix("expect string ")))
    if _NUMBER.fullmatch(line):
        return replace(expectation, literal=float(line))
    return replace(expectation, series=(*expectation.series, describe(line)))


def _text(quoted: str) -> str:
    node = parse(quoted)
    if not isinstance(node, Text):
        raise ParseError(f"{quoted} is no text in quotes")
    return node.value


def difference(expected: Expectation, actual: Value) -> str:
    """What is wrong with a value; nothing (an empty text) if it is as expected."""
    if isinstance(actual, float) and isinstance(expected.literal, float):
        return "" if _is_close(actual, expected.literal) else f"gave {actual!r}, not {expected.literal!r}"
    if isinstance(actual, float | str) or expected.literal is not None:
        return "" if actual == expected.literal else f"gave {actual!r}, not {expected.literal!r}"
    wanted = [Points(described.labels, _points(described, expected.steps)) for described in expected.series]
    return _difference_of_series(wanted, [_as_points(item) for item in actual], is_ordered=expected.is_ordered)


def _points(described: Described, steps: Steps | None) -> list[tuple[float, float]]:
    start, step = (steps.start, steps.step) if steps else (0.0, 0.0)
    return [
        (round(start + index * step, 3), value) for index, value in enumerate(described.values) if value is not None
    ]


def _as_points(item: Sample | Points) -> Points:
    return Points(item.labels, [(0.0, item.value)]) if isinstance(item, Sample) else item


def _difference_of_series(wanted: Matrix, got: Matrix, *, is_ordered: bool) -> str:
    names_wanted, names_got = [item.labels for item in wanted], [item.labels for item in got]
    if names_wanted != names_got if is_ordered else sorted(names_wanted) != sorted(names_got):
        return f"gave {_listed(names_got)}, not {_listed(names_wanted)}"
    points_got = {item.labels: item.points for item in got}
    wrong = [
        f"{item.labels} is {list(points_got[item.labels])}, not {list(item.points)}"
        for item in wanted
        if not _are_close(points_got[item.labels], item.points)
    ]
    return "; ".join(wrong)


def _listed(names: Sequence[Labels]) -> str:
    return "[" + ", ".join(map(str, names)) + "]"


def _are_close(left: Sequence[tuple[float, float]], right: Sequence[tuple[float, float]]) -> bool:
    return len(left) == len(right) and all(
        one_at == other_at and _is_close(one, other)
        for (one_at, one), (other_at, other) in zip(left, right, strict=True)
    )


def _is_close(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=_TOLERANCE)
