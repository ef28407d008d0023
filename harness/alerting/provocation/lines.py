"""A log line that a function over log lines counts, made up from what its selector and its filters ask for.

Its words are read once more: labels and fields that are compared, texts that are searched for. Lines that have them are
put together, and the function itself says which of them it would count.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from harness.alerting.logql.lexing import Reader
from harness.alerting.logql.numbers import go_seconds, number
from harness.alerting.logql.ranges import LogRange
from harness.alerting.promql import ParseError
from harness.alerting.provocation.specimens import MADE_UP, specimen
from harness.alerting.routing import matcher
from harness.telemetry.pushes import LogLine

NUMBER = "1234567"
"""Stands in a made-up line for the number that is unwrapped from it; whoever writes the line replaces it."""

MOST_LINES = 500
"""How many lines are tried."""

_COMPARES = frozenset({"=", "!=", "=~", "!~", "==", ">", ">=", "<", "<="})
_SEARCHES = frozenset({"|=", "|~"})


@dataclass(slots=True)
class _Asked:
    """What the words of a function ask of a line."""

    labels: list[tuple[str, str, str]] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    unwrapped: str = ""


def line_for(counted: LogRange) -> LogLine | None:
    """Make up a line that a function counts; None when none was found."""
    asked = _asked(counted.text)
    try:
        stream = specimen([matcher(*each) for each in asked.labels], more={})
    except ParseError:
        return None
    if stream is None:
        return None
    tried = (LogLine(dict(stream), 0.0, text) for text in itertools.islice(_texts(asked), MOST_LINES))
    return next((line for line in tried if counted.takes(line)), None)


def _asked(text: str) -> _Asked:
    reader, asked, depth = Reader(text), _Asked(), 0
    while reader.next.kind != "end":
        word = reader.take()
        depth += {"{": 1, "}": -1}.get(word.word, 0)
        if word.word in _SEARCHES and reader.next.kind == "text":
            asked.texts.append(_said(reader))
        elif word.word == "unwrap":
            while reader.after_next.word == "(" or reader.next.word == "(":
                reader.take()  # the function around the label
            asked.unwrapped = reader.next.word
        elif word.kind == "name" and reader.next.word in _COMPARES:
            sign = reader.take().word
            if depth:
                asked.labels.append((word.word, sign, _said(reader)))
            else:
                asked.fields.setdefault(word.word, []).extend(_values(sign, reader))
    return asked


def _said(reader: Reader) -> str:
    return reader.demand_text("a text") if reader.next.kind == "text" else reader.take().word


def _values(sign: str, reader: Reader) -> list[str]:
    """Give values that a comparison may be true of."""
    is_text = reader.next.kind == "text"
    said = _said(reader)
    if is_text:
        found = specimen([matcher("x", sign, said)], more={})
        return [found.value("x")] if found else []
    value = number(said) if number(said) is not None else go_seconds(said)
    return (
        [f"{value + more:g}{'' if number(said) is not None else 's'}" for more in (0, 1, -1)] if value else ["0", "1"]
    )


def _texts(asked: _Asked) -> Iterator[str]:
    """Write lines: each choice of values, as JSON, as logfmt and as plain text."""
    searched = [_example(text) for text in asked.texts]
    names = [name for name in asked.fields if name != "__error__"]
    if asked.unwrapped and asked.unwrapped not in names:
        names.append(asked.unwrapped)
        asked.fields[asked.unwrapped] = [NUMBER, f"{NUMBER}s"]
    for values in itertools.product(*(asked.fields[name] or [MADE_UP] for name in names)):
        fields: dict[str, str] = dict(zip(names, values, strict=True))
        message = " ".join(searched)
        yield json.dumps(_typed(fields) | ({"message": message} if message else {}), separators=(",", ":"))
        yield " ".join([*(f'{name}="{value}"' for name, value in fields.items()), f'message="{message}"'])
        yield message
        yield " ".join((message, json.dumps(fields)))


def _typed(fields: Mapping[str, str]) -> dict[str, object]:
    return {name: json.loads(value) if number(value) is not None else value for name, value in fields.items()}


def _example(pattern: str) -> str:
    """Give a text in which a pattern is found."""
    try:
        found = specimen([matcher("x", "=~", f"(?s:.*(?:{pattern}).*)")], more={"x": pattern})
        found = found or specimen([matcher("x", "=~", pattern)], more={})
    except ParseError:
        return pattern
    return found.value("x") if found else pattern
