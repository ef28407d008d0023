"""Conditions on labels: the matchers of a stream selector, and the label filters of a pipeline."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

from harness.alerting.logql.entries import ERROR, Entry, Stage
from harness.alerting.promql.regex import compile_regex

Test = Callable[[Mapping[str, str]], bool]
"""Looks at labels."""

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
TEXT_OPERATORS = ("=", "!=", "=~", "!~")
"""Those that compare with a text."""
NUMBER_OPERATORS = tuple(_COMPARE)
"""Those that compare with a number."""


def text_test(label: str, sign: str, wanted: str) -> Test:
    """Compare a label with a text, or with a pattern that it must match from end to end; no label is an empty one.

    Raises:
        ParseError: when a pattern is no regular expression.
    """
    if sign in {"=~", "!~"}:
        pattern = compile_regex(wanted, dot_matches_newline=True)
        return lambda labels: (pattern.fullmatch(labels.get(label, "")) is not None) == (sign == "=~")
    return lambda labels: (labels.get(label, "") == wanted) == (sign == "=")


def text_filter(label: str, sign: str, wanted: str) -> Stage:
    """Keep lines whose label compares with a text.

    Raises:
        ParseError: as `text_test`.
    """
    test = text_test(label, sign, wanted)
    return lambda entry: test(entry.labels)


def number_filter(label: str, sign: str, limit: float, *, read: Callable[[str], float | None]) -> Stage:
    """Keep lines whose label compares with a number.

    A line without the label is dropped; one whose label is no number is kept, with an error that says so.
    """
    compare = _COMPARE[sign]

    def keep(entry: Entry) -> bool:
        text = entry.labels.get(label)
        if text is None:
            return False
        if ERROR in entry.labels:
            return True
        value = read(text)
        if value is None:
            entry.fail("LabelFilterErr")
            return True
        return compare(value, limit)

    return keep


def both(left: Stage, right: Stage) -> Stage:
    """Keep lines that both would keep."""
    return lambda entry: left(entry) and right(entry)


def either(left: Stage, right: Stage) -> Stage:
    """Keep lines that one of them would keep."""
    return lambda entry: left(entry) or right(entry)
