"""What a fork reads under a name of its own: a part of the configuration, a key of a part, or a variable.

Teams rename `logging` to `logs`, `metrics` to `metricsConfig`, `url` to `endpoint`. What such a name is for shows in
its words, so it gets the value that the usual name has. One that says nothing stays unknown, and inspection says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_PARTS = (
    ("db", re.compile(r"\b(?:db|database|sql|mysql|mariadb)\b")),
    ("logging", re.compile(r"\b(?:logs?|loggers?|logging|loki)\b")),
    ("factory", re.compile(r"\bfactory\b")),
    ("metrics", re.compile(r"\b(?:metrics?|grafana|prometheus|influx|otel|otlp|telemetry|monitoring)\b")),
)
"""The part that a name is about: the first line that fits."""

_LEAVES = (
    ("database", re.compile(r"\b(?:database|name|schema)\b")),
    ("apiKey", re.compile(r"\b(?:key|token|secret|auth)\b")),
    ("password", re.compile(r"\b(?:password|pass|pwd)\b")),
    ("host", re.compile(r"\b(?:host|hostname|server|address)\b")),
    ("url", re.compile(r"\b(?:url|uri|endpoint|host|base)\b")),
    ("userId", re.compile(r"\b(?:user|account|instance|tenant|id|username)\b")),
    ("user", re.compile(r"\b(?:user|username)\b")),
    ("source", re.compile(r"\b(?:source|service|app|job|name)\b")),
    ("intervalMs", re.compile(r"\b(?:interval|period|every)\b")),
    ("enabled", re.compile(r"\b(?:enabled?|active)\b")),
)
"""The usual key for what a name says: the first line that fits and that the part has."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def part_of(name: str) -> str:
    """Say which part of the configuration a name is about: `metrics` for `metricsConfig`; "" where nobody can tell."""
    words = _spoken(name)
    return next((part for part, words_of_it in _PARTS if words_of_it.search(words)), "")


def completed(values: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Give a configuration that also has what is read under other names.

    Args:
        values: the configuration under its usual names.
        keys: what some code reads, with dots: `logs.endpoint`.
    """
    full = dict(values)
    for key in keys:
        first, *further = key.split(".")
        if first not in full and part_of(first):
            full[first] = full[part_of(first)]
        if further and isinstance(full.get(first), Mapping):
            full[first] = _with(full[first], further)
    return full


def variables(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """Give what environment variables should be that some code reads: `LOKI_URL`, `MYSQL_HOST`.

    Args:
        values: the configuration under its usual names.
        names: of the variables; those that nobody can tell are left out.
    """
    found: dict[str, str] = {}
    for name in names:
        value = _meant(values.get(part_of(name), {}), _without_part(name))
        if isinstance(value, str | int):
            found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def _with(part: Mapping[str, Any], path: list[str]) -> Mapping[str, Any]:
    name, *further = path
    if name not in part:
        value = part.get(part_of(name)) if further else _meant(part, name)
        return part if value is None else {**part, name: value}
    if further and isinstance(part[name], Mapping):
        return {**part, name: _with(part[name], further)}
    return part


def _meant(part: Mapping[str, Any], name: str) -> object:
    words, known = _spoken(name), {**part, **part.get("connection", {})}
    return next((known[usual] for usual, said in _LEAVES if usual in known and said.search(words)), None)


def _without_part(name: str) -> str:
    """Leave out what says whose variable it is: the name of a database is no `DATABASE_URL`."""
    words = _spoken(name)
    said = next((each.search(words) for _, each in _PARTS if each.search(words)), None)
    return words.replace(said[0], "", 1) if said else words


def _spoken(name: str) -> str:
    return " ".join(word.lower() for word in _WORD.findall(name))
