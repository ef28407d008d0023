"""The compact notation of series in Prometheus' test files: `requests{job="a"} 0+10x5 _ stale NaN`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.alerting.promql.errors import ParseError
from harness.alerting.promql.labels import NO_LABELS, Labels
from harness.alerting.promql.parser import parse
from harness.alerting.promql.store import STALE_NAN
from harness.alerting.promql.syntax import Selector
from harness.durations import duration
from harness.errors import ScenarioError

_NAMED = re.compile(r"""(?P<labels>[\w:]*\s*\{(?:"(?:\\.|[^"\\])*"|[^}"])*\}|[A-Za-z_:][\w:]*)\s+(?P<values>\S.*)$""")
_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|nan"
_VALUE = re.compile(
    rf"(?P<start>_|stale|[+-]?(?:{_NUMBER}))(?:(?P<delta>[+-](?:{_NUMBER}))?x(?P<times>\d+))?", re.IGNORECASE
)
_MAX_REPEAT = 1_000_000


@dataclass(frozen=True, slots=True)
class Described:
    """A series as a test file describes it."""

    labels: Labels
    """What it is called."""

    values: tuple[float | None, ...]
    """One value a step; None where there is no sample."""


def describe(line: str) -> Described:
    """Read a series and its values.

    Raises:
        ParseError: The line is no series in this notation.
    """
    labels, values = named(line)
    return Described(labels, tuple(value for word in values.split() for value in expand(word)))


def named(line: str) -> tuple[Labels, str]:
    """Tell a series' labels from the text of its values.

    Raises:
        ParseError: The line does not start with a series.
    """
    parts = _NAMED.match(line.strip())
    if parts is None:
        raise ParseError(f'no series with values: {line.strip()!r}; write it like requests{{job="a"}} 0+10x5 _ 7')
    return labels_of(parts["labels"]), parts["values"]


def labels_of(text: str) -> Labels:
    """The labels a selector with nothing but equalities names."""
    if re.fullmatch(r"\{\s*\}", text):
        return NO_LABELS
    selector = parse(text)
    if not isinstance(selector, Selector) or any(matcher.op != "=" for matcher in selector.matchers):
        raise ParseError(f"{text!r} does not name one series")
    return Labels((matcher.name, matcher.value) for matcher in selector.matchers)


def expand(word: str) -> Iterator[float | None]:
    """All values one word stands for: `1+2x3` is 1 3 5 7, `5x2` is 5 5 5, `_x2` are two gaps."""
    read = _VALUE.fullmatch(word)
    if read is None:
        raise ParseError(f"{word!r} is no value; allowed are numbers, _, stale, and forms such as 1+2x3")
    times = int(read["times"] or 0)
    if times > _MAX_REPEAT:
        raise ParseError(f"{word!r} repeats more than {_MAX_REPEAT:,} times")
    if read["start"] == "_":
        yield from [None] * max(1, times)
    elif read["start"] == "stale":
        yield from [STALE_NAN] * (times + 1)
    else:
        value, delta = float(read["start"]), float(read["delta"] or "0")
        for _ in range(times + 1):
            yield value
            value += delta


def seconds_of(text: str) -> float:
    """A moment or a step such as 5m, 1h30m or (in seconds) 300, in seconds."""
    try:
        return float(text) if text.replace(".", "", 1).isdecimal() else duration(text).total_seconds()
    except ScenarioError as error:
        raise ParseError(str(error)) from error
