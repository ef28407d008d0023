"""Reads a function over a range of log lines: its selector, its pipeline and its range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from harness.alerting.logql.entries import Stage
from harness.alerting.logql.filters import (
    NUMBER_OPERATORS,
    TEXT_OPERATORS,
    Test,
    both,
    either,
    number_filter,
    text_filter,
    text_test,
)
from harness.alerting.logql.lexing import Reader
from harness.alerting.logql.numbers import go_seconds, number
from harness.alerting.logql.ranges import (
    ABSENT,
    LINE_MEASURES,
    QUANTILE,
    VALUE_MEASURES,
    Grouping,
    LogRange,
    Measure,
    quantile_measure,
)
from harness.alerting.logql.stages import UNWRAPS, line_filter, line_format, parse_json, parse_logfmt, unwrap
from harness.durations import duration
from harness.errors import ScenarioError, unknown_name

RANGE_FUNCTIONS = frozenset({*LINE_MEASURES, *VALUE_MEASURES, ABSENT, QUANTILE})
"""Every function over a range."""

_LINE_FILTERS = ("|=", "!=", "|~", "!~")
_STAGES = ("json", "logfmt", "line_format", "unwrap")
_OTHER_STAGES = (
    "pattern", "regexp", "unpack", "label_format", "decolorize", "drop", "keep", "distinct",
)  # fmt: skip
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(slots=True)
class _Lines:
    """What has been read of the lines that a function is over."""

    streams: list[Test] = field(default_factory=list)
    equals: dict[str, str] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    is_unwrapped: bool = False
    range_ms: int = 0
    offset_ms: int = 0


def read_range(reader: Reader) -> LogRange:
    """Read a function over a range; its name comes next.

    Raises:
        ParseError: when it is none, or uses something of LogQL that is not spoken here.
    """
    start = reader.next.start
    function = reader.take().word
    reader.demand("(")
    share = _share(reader) if function == QUANTILE else None
    lines = _Lines()
    _read_lines(reader, lines)
    reader.demand(")")
    measure = _measure(reader, function, share=share, is_unwrapped=lines.is_unwrapped)
    if not lines.range_ms:
        raise reader.error(f"{function} has no range, such as [5m]")
    grouping = _grouping(reader, is_allowed=lines.is_unwrapped)
    return LogRange(
        reader.text[start : reader.end_of_last],
        tuple(lines.streams),
        tuple(lines.stages),
        lines.range_ms,
        lines.offset_ms,
        measure,
        grouping,
        tuple(lines.equals.items()),
    )


def _share(reader: Reader) -> float:
    word = reader.demand_kind("number", "a share from 0 to 1").word
    share = number(word)
    if share is None:
        raise reader.error(f"{word!r} is not a share from 0 to 1")
    reader.demand(",")
    return share


def _measure(reader: Reader, function: str, *, share: float | None, is_unwrapped: bool) -> Measure | None:
    if function == ABSENT:
        return None
    if share is not None and is_unwrapped:
        return quantile_measure(share)
    measures = VALUE_MEASURES if is_unwrapped else LINE_MEASURES
    if function not in measures:
        needs = "takes whole lines: remove unwrap" if is_unwrapped else "needs values: add | unwrap LABEL"
        raise reader.error(f"{function} {needs}")
    return measures[function]


def _read_lines(reader: Reader, lines: _Lines) -> None:
    """Read a selector, in parentheses or not, and whatever follows it: stages, and the range in one of its places."""
    if reader.take_if("("):
        _read_lines(reader, lines)
        reader.demand(")")
    else:
        _read_selector(reader, lines)
    while reader.next.word in (*_LINE_FILTERS, "|", "["):
        if reader.next.word == "[":
            _read_range(reader, lines)
        else:
            lines.stages.append(_stage(reader, lines))


def _read_range(reader: Reader, lines: _Lines) -> None:
    if lines.range_ms:
        raise reader.error("there are two ranges")
    reader.demand("[")
    lines.range_ms = _length_ms(reader)
    if not lines.range_ms:
        raise reader.error("the range is empty")
    reader.demand("]")
    if reader.take_if("offset"):
        lines.offset_ms = _length_ms(reader)


def _length_ms(reader: Reader) -> int:
    if reader.next.kind != "number":
        raise reader.error("expected a length of time, such as 5m")
    word = reader.next.word
    try:
        length = duration(word)
    except ScenarioError as error:
        raise reader.error(f"{word!r} is not a length of time, such as 5m") from error
    reader.take()
    return length // _MILLISECOND


def _read_selector(reader: Reader, lines: _Lines) -> None:
    reader.demand("{")
    is_narrow = False
    while not reader.take_if("}"):
        label = reader.demand_kind("name", "a label's name").word
        sign = reader.take_if(*TEXT_OPERATORS)
        if not sign:
            raise reader.error(f"expected one of {' '.join(TEXT_OPERATORS)}")
        wanted = reader.demand_text(f"what {label} is compared with")
        test = text_test(label, sign, wanted)
        is_narrow = is_narrow or not test({})
        lines.streams.append(test)
        if sign == "=" and wanted:
            lines.equals[label] = wanted
        if not reader.take_if(","):
            reader.demand("}")
            break
    if not is_narrow:
        raise reader.error(
            'the selector takes in every stream; give at least one label that must be there, as in {app="pizza"}'
        )


def _stage(reader: Reader, lines: _Lines) -> Stage:
    if sign := reader.take_if(*_LINE_FILTERS):
        return _line_filter(reader, sign)
    reader.demand("|")
    if reader.next.word == "(" or (reader.next.kind == "name" and reader.after_next.word in _FILTER_OPERATORS):
        return _label_filters(reader)
    name = reader.demand_kind("name", "a stage, such as json, or a label to filter by").word
    match name:
        case "json" | "logfmt":
            if reader.next.kind == "name" or reader.next.word == "-":
                raise reader.error(f"{name} takes no parameters here; it makes labels of everything")
            return parse_json if name == "json" else parse_logfmt
        case "line_format":
            return line_format(reader.demand_text("a template"))
        case "unwrap":
            return _unwrap(reader, lines)
    if name in _OTHER_STAGES:
        raise reader.error(f"the stage {name} is not spoken here. Known: {', '.join(_STAGES)}, and filters")
    raise reader.error(unknown_name("stage", name, known=_STAGES).rstrip("."))


def _line_filter(reader: Reader, sign: str) -> Stage:
    wanted = [reader.demand_text("what lines are searched for")]
    while reader.take_if("or"):
        wanted.append(reader.demand_text("what lines are searched for"))
    return line_filter(sign, wanted)


def _unwrap(reader: Reader, lines: _Lines) -> Stage:
    if lines.is_unwrapped:
        raise reader.error("there are two unwraps")
    lines.is_unwrapped = True
    name = reader.demand_kind("name", "the label to unwrap").word
    if not reader.take_if("("):
        return unwrap(name, "")
    if name not in UNWRAPS:
        raise reader.error(f"unwrap cannot convert by {name}; known: duration, duration_seconds")
    label = reader.demand_kind("name", "the label to unwrap").word
    reader.demand(")")
    return unwrap(label, name)


# Label filters: `or` binds weaker than `and`, which a comma is too

_FILTER_OPERATORS = frozenset({*TEXT_OPERATORS, *NUMBER_OPERATORS})


def _label_filters(reader: Reader) -> Stage:
    return _joined(reader, _all_of, words=("or",), join=either)


def _all_of(reader: Reader) -> Stage:
    return _joined(reader, _label_filter, words=("and", ","), join=both)


def _joined(
    reader: Reader, one: Callable[[Reader], Stage], *, words: tuple[str, ...], join: Callable[[Stage, Stage], Stage]
) -> Stage:
    found = one(reader)
    while reader.take_if(*words):
        found = join(found, one(reader))
    return found


def _label_filter(reader: Reader) -> Stage:
    if reader.take_if("("):
        inner = _label_filters(reader)
        reader.demand(")")
        return inner
    label = reader.demand_kind("name", "a label to filter by").word
    sign = reader.take_if(*_FILTER_OPERATORS)
    if not sign:
        raise reader.error("expected a comparison, such as =")
    if reader.next.kind == "text":
        if sign not in TEXT_OPERATORS:
            raise reader.error(f"{sign} compares numbers, and here is a text")
        return text_filter(label, sign, reader.demand_text("a text"))
    return _number_filter(reader, label, sign)


def _number_filter(reader: Reader, label: str, sign: str) -> Stage:
    is_negative = bool(reader.take_if("-"))
    word = reader.next.word
    read = number if number(word) is not None else go_seconds
    limit = read(word)
    if sign not in NUMBER_OPERATORS or limit is None or reader.next.kind != "number":
        raise reader.error(f"{label} is compared with neither a text, a number nor a length of time")
    reader.take()
    return number_filter(label, sign, -limit if is_negative else limit, read=read)


def _grouping(reader: Reader, *, is_allowed: bool) -> Grouping | None:
    if reader.next.word not in {"by", "without"}:
        return None
    if not is_allowed:
        raise reader.error("only values that were unwrapped can be grouped here; write sum by (…) around the function")
    is_without = reader.take().word == "without"
    reader.demand("(")
    names: list[str] = []
    while not reader.take_if(")"):
        names.append(reader.demand_kind("name", "a label's name").word)
        if not reader.take_if(","):
            reader.demand(")")
            break
    return Grouping(tuple(names), is_without)
