"""Mistakes in what is written as lines: Influx' and Prometheus' own.

Rules of this file: only bodies that can be read come in; what is no line with a number in it stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from harness.telemetry.influx import SECONDS_IN_A_TICK
from harness.telemetry.spoiling.mistakes import Kind, Mistake, Shift, kind_by_name

_KEY = r"(?:\\[,= ]|[^,=\s])++"
_VALUE = r'(?:"(?:\\.|[^"\\])*+"|[^,\s]++)'
_FIELD = re.compile(rf"({_KEY}=)({_VALUE})(,?)", re.DOTALL)
_INFLUX = re.compile(
    rf"^(?P<series>[ \t\r]*+(?!\#)(?:\\[, ]|[^,\s])++(?:,{_KEY}={_KEY})*+\ ++)"
    rf"(?P<fields>(?:{_KEY}={_VALUE},?+)++)(?P<gap>\ *+)(?P<stamp>-?[0-9]{{1,19}}+)?+(?P<end>[ \r]*+(?:\n|\Z))",
    re.MULTILINE | re.DOTALL,
)
_NO_NUMBER = ('"', "t", "T", "f", "F")
"""How a field's value begins that is a text or a boolean."""

_EXPOSED = re.compile(
    r"^(?P<series>[ \t]*+(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*+)"
    r'[ \t]*+(?:\{(?:[^"}\n]|"(?:\\.|[^"\\\n])*+")*+\})?+[ \t]*+)'
    r"(?P<value>[^\s#]++)(?P<gap>[ \t]*+)(?P<stamp>-?[0-9]{1,16}+)?+(?P<end>[ \t\r]*+(?:\n|\Z))",
    re.MULTILINE,
)
_TYPE = re.compile(r"^#[ \t]++TYPE[ \t]++(\S++)[ \t]++(\S++)", re.MULTILINE)
_KINDS: dict[str, Kind] = {"gauge": "gauge", "counter": "sum"}
_MILLI = 1000


@dataclass(slots=True)
class Line:
    """A line with numbers in it."""

    parts: list[str]
    """Text, a number, text, a number and so on, text last."""
    stamp: str
    """Its time, or ""."""
    end: str
    """What is behind that."""
    kind: Kind = ""
    """What its numbers are."""

    def __str__(self) -> str:
        return "".join((*self.parts, self.stamp, self.end))


Lines = list[Line | str]
"""A body: its lines with numbers, and all that is between them."""


def read_influx(body: bytes) -> Lines:
    """Take Influx lines apart. They do not say what is a gauge and what a counter."""
    return _apart(body.decode(), _INFLUX, _influx_line)


def read_exposition(body: bytes) -> Lines:
    """Take Prometheus' text apart."""
    text = body.decode()
    types: dict[str, str] = dict(_TYPE.findall(text))

    def line(found: re.Match[str]) -> Line:
        kind = _KINDS.get(types.get(found["name"], "")) or kind_by_name(found["name"])
        return Line([found["series"], found["value"], found["gap"]], found["stamp"] or "", found["end"], kind)

    return _apart(text, _EXPOSED, line)


def written(lines: Lines) -> bytes:
    """Put lines together again."""
    return "".join(map(str, lines)).encode()


def spoil(lines: Lines, mistake: Mistake) -> int:
    """Make the mistake, and give how many numbers are not as they were."""
    numbered = [line for line in lines if isinstance(line, Line)]
    if mistake.how == "no_points":
        lines[:] = [line for line in lines if isinstance(line, str)]
        return sum(len(line.parts) // 2 for line in numbered)
    changed = 0
    for line in numbered:
        for place in range(1, len(line.parts), 2):
            said = _said(line.parts[place], mistake, kind=line.kind, series=line.parts[place - 1])
            changed += said != line.parts[place]
            line.parts[place] = said
    return changed


def misdate_influx(lines: Lines, shift: Shift) -> int:
    """Move the timestamps, and give how many lines have one."""
    seconds, ticks = SECONDS_IN_A_TICK.get(shift.precision, (1, 0))
    return _misdate(lines, shift.ticks(ticks / seconds))


def misdate_exposition(lines: Lines, shift: Shift) -> int:
    """Move the timestamps, and give how many lines have one; most have none."""
    return _misdate(lines, shift.ticks(_MILLI))


def _said(number: str, mistake: Mistake, *, kind: Kind, series: str) -> str:
    measured = float(number.rstrip("iu"))
    match mistake.how:
        case "no_value":
            return ""
        case "null":
            return "null"
        case "text":
            return f'"{measured:.2f}"'
        case _:
            said = mistake.number(measured, kind=kind, series=series.encode())
            return number if said == measured else repr(said)


def _misdate(lines: Lines, ticks: int) -> int:
    dated = [line for line in lines if isinstance(line, Line) and line.stamp]
    for line in dated:
        line.stamp = str(int(line.stamp) + ticks)
    return len(dated) if ticks else 0


def _apart(text: str, pattern: re.Pattern[str], line: Callable[[re.Match[str]], Line]) -> Lines:
    lines: Lines = []
    end = 0
    for found in pattern.finditer(text):
        lines += [text[end : found.start()], line(found)]
        end = found.end()
    return [*lines, text[end:]]


def _influx_line(found: re.Match[str]) -> Line:
    parts = [found["series"]]
    for key, value, comma in _FIELD.findall(found["fields"]):
        parts[-1] += key
        if value.startswith(_NO_NUMBER):
            parts[-1] += value + comma
        else:
            parts += [value, comma]
    parts[-1] += found["gap"]
    return Line(parts, found["stamp"] or "", found["end"])
