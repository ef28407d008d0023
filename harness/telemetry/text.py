"""Prometheus' text exposition, as a service's `/metrics` gives it, read into samples.

Source: prometheus.io/docs/instrumenting/exposition_formats, text format 0.0.4.
"""

from __future__ import annotations

import re

from harness.telemetry.pushes import Sample
from harness.telemetry.scanning import Cursor

_BETWEEN_LINES = re.compile(r"(?:[ \t\r]*+(?:#[^\n]*+)?\n)*+[ \t\r]*+(?:#[^\n]*+)?")
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*+")
_LABEL = re.compile(r"[ \t]*+[a-zA-Z_][a-zA-Z0-9_]*+[ \t]*+")
_QUOTED = re.compile(r'[ \t]*+"(?:\\.|[^"\\\n])*+"[ \t]*+')
_OPEN, _CLOSE = re.compile(r"[ \t]*+\{"), re.compile(r"[ \t]*+\}")
_EQUALS, _COMMA = re.compile("="), re.compile(",")
_SPACES = re.compile(r"[ \t]*+")
_VALUE = re.compile(r"[+-]?(?:(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?|[Ii]nf(?:inity)?|NaN|nan)(?=\s|\Z)")
_MILLISECONDS = re.compile(r"-?[0-9]{1,16}(?=\s|\Z)")
_LINE_END = re.compile(r"[ \t\r]*+(?:\n|\Z)")
_END = re.compile(r"[ \t]*+\Z")
_ESCAPED = re.compile(r"\\(.)")


def read_exposition(body: bytes) -> list[Sample]:
    """Read what a service exposes of itself.

    Raises:
        PushRefused: when any line cannot be read, as Prometheus then drops the whole scrape.
    """
    cursor = Cursor(body, what="Prometheus text")
    samples: list[Sample] = []
    cursor.take(_BETWEEN_LINES)
    while not cursor.at_end:
        samples.append(_sample(cursor))
        cursor.take(_BETWEEN_LINES)
    return samples


def _sample(cursor: Cursor) -> Sample:
    labels = _series(cursor)
    cursor.take(_SPACES)
    value = float(cursor.demand(_VALUE, "a value"))
    cursor.take(_SPACES)
    stamp = cursor.take(_MILLISECONDS)
    cursor.demand(_LINE_END, "a timestamp in milliseconds or the end of the line")
    return Sample(labels, int(stamp) / 1000 if stamp else None, value)


def read_series(cursor: Cursor) -> dict[str, str]:
    """Read `name{label="value"}`, and nothing after it.

    Raises:
        PushRefused: when it is anything else.
    """
    labels = _series(cursor)
    cursor.demand(_END, "the end")
    return labels


def _series(cursor: Cursor) -> dict[str, str]:
    name = cursor.demand(_METRIC, "the name of a metric")
    labels = read_labels(cursor) if cursor.take(_OPEN) else {}
    return {**labels, "__name__": name}


def read_labels(cursor: Cursor) -> dict[str, str]:
    """Read `name="value", …}`; the opening brace has been read.

    Raises:
        PushRefused: when it is anything else.
    """
    labels: dict[str, str] = {}
    while not cursor.take(_CLOSE):
        label = cursor.demand(_LABEL, "the name of a label, or '}'").strip()
        cursor.demand(_EQUALS, "'=' after the label's name")
        quoted = cursor.demand(_QUOTED, f"a value in double quotes for label {label[:40]!r}").strip()
        labels[label] = _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], quoted[1:-1])
        if not cursor.take(_COMMA):
            cursor.demand(_CLOSE, "',' or '}'")
            break
    return labels
