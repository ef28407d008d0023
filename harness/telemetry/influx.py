"""Influx line protocol, read into samples as Grafana Cloud's Influx endpoint stores them.

A field becomes a series named `measurement_field`, or just `measurement` when the field is called `value`; texts are
skipped; what a name may not hold becomes `_`.

Source: grafana/influx2cortex pkg/influx/parser.go (commit cc4bc83).
"""

from __future__ import annotations

import math
import re

from harness.errors import unknown_name
from harness.telemetry.bodies import Wire
from harness.telemetry.pushes import PushRefused, Sample
from harness.telemetry.scanning import Cursor

PROXY_SOURCE = "__proxy_source__"
"""The label by which Grafana marks a series that came in this way."""

SECONDS_IN_A_TICK = {
    "ns": (1, 10**9),
    "us": (1, 10**6),
    "u": (1, 10**6),
    "µ": (1, 10**6),
    "ms": (1, 1000),
    "s": (1, 1),
    "m": (60, 1),
    "h": (3600, 1),
}
"""As fractions of whole numbers, since a float of nanoseconds is off by as many as 128."""

_BETWEEN_LINES = re.compile(r"(?:[ \t\r]*+(?:#[^\n]*+)?\n)*+[ \t\r]*+(?:#[^\n]*+)?")
_MEASUREMENT = re.compile(r"(?:\\[, ]|[^,\s])++")
_KEY = re.compile(r"(?:\\[,= ]|[^,=\s])++")
_COMMA, _EQUALS, _SPACES = re.compile(","), re.compile("="), re.compile(" ++")
_TEXT = re.compile(r'"(?:\\.|[^"\\])*+"', re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,19}[iu]|(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)(?=[,\s]|\Z)")
_BOOLEAN = re.compile(r"(?:t|T|true|True|TRUE|f|F|false|False|FALSE)(?=[,\s]|\Z)")
_TIMESTAMP = re.compile(r"-?[0-9]{1,19}(?=\s|\Z)")
_LINE_END = re.compile(r"[ \r]*+(?:\n|\Z)")
_ESCAPED = re.compile(r"\\([,= ])")
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]")


def read_lines(body: bytes, *, precision: str = "ns") -> list[Sample]:
    """Read a push of Influx lines.

    Args:
        body: as it was sent, without gzip.
        precision: the unit of its timestamps: ns, us, ms, s, m or h.

    Raises:
        PushRefused: when any line cannot be read; then nothing of the push is stored.
    """
    tick = SECONDS_IN_A_TICK.get(precision)
    if tick is None:
        reason = unknown_name("precision", precision[:20], known=SECONDS_IN_A_TICK)
        raise PushRefused(f"{Wire.INFLUX}: {reason}")
    cursor = Cursor(body, what=Wire.INFLUX)
    samples: list[Sample] = []
    cursor.take(_BETWEEN_LINES)
    while not cursor.at_end:
        samples += _line(cursor, tick)
        cursor.take(_BETWEEN_LINES)
    return samples


def _line(cursor: Cursor, tick: tuple[int, int]) -> list[Sample]:
    measurement = _plain(cursor.demand(_MEASUREMENT, "a measurement"))
    labels = _tags(cursor)
    cursor.demand(_SPACES, "a tag or a space before the fields")
    fields = _fields(cursor)
    cursor.take(_SPACES)
    stamp = cursor.take(_TIMESTAMP)
    cursor.demand(_LINE_END, "a timestamp or the end of the line")
    at = int(stamp) * tick[0] / tick[1] if stamp else None
    return [
        Sample({**labels, "__name__": _series_name(measurement, field)}, at, value) for field, value in fields.items()
    ]


def _tags(cursor: Cursor) -> dict[str, str]:
    labels = {PROXY_SOURCE: "influx"}
    while cursor.take(_COMMA):
        key = _plain(cursor.demand(_KEY, "a tag's key"))
        cursor.demand(_EQUALS, "'=' after the tag's key")
        labels[_allowed(key)] = _plain(cursor.demand(_KEY, f"a value for tag {key[:40]!r}"))
    return labels


def _fields(cursor: Cursor) -> dict[str, float]:
    fields: dict[str, float] = {}
    while True:
        key = _plain(cursor.demand(_KEY, "a field's key"))
        cursor.demand(_EQUALS, "'=' after the field's key")
        value = _field_value(cursor, key)
        if value is not None:
            fields[key] = value
        if not cursor.take(_COMMA):
            return fields


def _field_value(cursor: Cursor, key: str) -> float | None:
    if cursor.take(_TEXT):
        return None
    if boolean := cursor.take(_BOOLEAN):
        return float(boolean in {"t", "T", "true", "True", "TRUE"})
    number = float(cursor.demand(_NUMBER, f"a number, a boolean or a text for field {key[:40]!r}").rstrip("iu"))
    if math.isinf(number):
        raise cursor.refusal(f"the number of field {key[:40]!r} is too large")
    return number


def _plain(escaped: str) -> str:
    return _ESCAPED.sub(r"\1", escaped)


def _series_name(measurement: str, field: str) -> str:
    return _allowed(measurement if field == "value" else f"{measurement}_{field}")


def _allowed(name: str) -> str:
    """Put `_` for each byte that a name may not hold."""
    made = _NOT_IN_NAMES.sub(lambda found: "_" * len(found.group().encode()), name)
    return f"_{made}" if made[0].isdigit() else made
