"""The stages of a pipeline that look at a line's text: filters, parsers, `line_format` and `unwrap`.

Source: Grafana Loki, pkg/logql/log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from harness.alerting.logql.entries import Entry, Stage
from harness.alerting.logql.numbers import go_seconds, number
from harness.alerting.promql import ParseError
from harness.alerting.promql.regex import compile_regex

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]")
_LOGFMT_PAIR = re.compile(r'(?P<key>[^\s="]+)=(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<plain>[^\s"]*))')
_ESCAPED = re.compile(r"\\(.)")
_PLACE = re.compile(r"\{\{-?\s*\.([A-Za-z_]\w*)\s*-?\}\}")


def line_filter(sign: str, wanted: Sequence[str]) -> Stage:
    """Keep lines that hold one of the texts (`|=`, `|~`), or none of them (`!=`, `!~`).

    Raises:
        ParseError: when a pattern is no regular expression.
    """
    if sign in {"|~", "!~"}:
        patterns = [compile_regex(each, dot_matches_newline=False) for each in wanted]
        keeps = sign == "|~"
        return lambda entry: any(pattern.search(entry.line) for pattern in patterns) == keeps
    keeps = sign == "|="
    return lambda entry: any(each in entry.line for each in wanted) == keeps


def parse_json(entry: Entry) -> bool:
    """Make labels of the fields of a JSON object: those within others by their path, lists not at all."""
    fields = _json_fields(entry.line)
    if fields is None:
        entry.fail("JSONParserErr")
    else:
        _add(fields, entry)
    return True


def parse_logfmt(entry: Entry) -> bool:
    """Make labels of `key=value` pairs; what is no pair is passed over."""
    pairs = _LOGFMT_PAIR.finditer(entry.line)
    found = {_name(pair["key"]): pair["plain"] or _ESCAPED.sub(r"\1", pair["quoted"] or "") for pair in pairs}
    _add(found, entry)
    return True


def line_format(template: str) -> Stage:
    """Write the line anew, with labels in the places of `{{.label}}`.

    Raises:
        ParseError: when the template asks for more than that.
    """
    if "{{" in _PLACE.sub("", template):
        raise ParseError(
            f"line_format {template!r} asks for more than '{{{{.label}}}}', which is all that is filled in"
        )

    def write(entry: Entry) -> bool:
        entry.line = _PLACE.sub(lambda place: entry.labels.get(place[1], ""), template)
        return True

    return write


UNWRAPS: Mapping[str, Callable[[str], float | None]] = {
    "": number,
    "duration": go_seconds,
    "duration_seconds": go_seconds,
}
"""How `unwrap` reads a label, by the function around it."""


def unwrap(label: str, function: str) -> Stage:
    """Take a line's value from a label, and the label away; a line without it is dropped."""
    read = UNWRAPS[function]

    def take(entry: Entry) -> bool:
        text = entry.labels.pop(label, "")
        if not text:
            return False
        value = read(text)
        if value is None:
            entry.fail("SampleExtractionErr")
        else:
            entry.value = value
        return True

    return take


def _add(fields: Mapping[str, str], entry: Entry) -> None:
    """Add what was found; a label that the stream already had keeps its value, and the other is called `_extracted`."""
    before = frozenset(entry.labels)
    for name, value in fields.items():
        entry.labels[f"{name}_extracted" if name in before else name] = value


@lru_cache(maxsize=16_384)
def _json_fields(line: str) -> Mapping[str, str] | None:
    # A window is read at every evaluation, and a line stays in it for many of them.
    try:
        decoded = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None
    return dict(_flattened(decoded, "")) if isinstance(decoded, dict) else None


def _flattened(fields: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in fields.items():
        name = f"{prefix}_{_name(key)}" if prefix else _name(key)
        if isinstance(value, dict):
            yield from _flattened(value, name)
        elif isinstance(value, str):
            yield name, value
        elif isinstance(value, bool | int | float):
            yield name, str(value).lower()


def _name(key: str) -> str:
    made = _NOT_IN_NAMES.sub("_", key)
    return f"_{made}" if made[:1].isdigit() else made
