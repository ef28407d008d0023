"""What Prometheus calls a metric that came in by OTLP.

Source: prometheus/otlptranslator metric_namer.go, unit_namer.go, label_namer.go (commit 51da773), with suffixes on and
names in the classic character set, as Grafana Cloud has it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Instrument = Literal["counter", "gauge", "other"]
"""A monotonic sum is a counter; what is neither that nor a gauge is other."""

_UNITS = {
    "d": "days", "h": "hours", "min": "minutes", "s": "seconds",
    "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds",
    "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes", "TiBy": "tibibytes",
    "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes",
    "m": "meters", "V": "volts", "A": "amperes", "J": "joules", "W": "watts", "g": "grams",
    "Cel": "celsius", "Hz": "hertz", "1": "", "%": "percent",
}  # fmt: skip
_PER_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}

_BETWEEN_WORDS = re.compile(r"[^A-Za-z0-9:]+")
_NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9]+")


@lru_cache(maxsize=4096)
def metric_name(name: str, *, unit: str = "", instrument: Instrument = "other") -> str:
    """Say what a metric is called in PromQL: `latency` in `ms` becomes `latency_milliseconds`.

    Args:
        name: as the service calls it.
        unit: in UCUM, as OTLP has it; a unit that is not known is appended as it stands.
        instrument: counters end in `_total`, gauges of unit `1` in `_ratio`.

    Returns: the name, or "" when nothing of it can be kept.
    """
    words = [word for word in _BETWEEN_WORDS.split(name) if word]
    words += [suffix for suffix in _unit_suffixes(unit) if suffix and suffix not in words]
    if instrument == "counter":
        words = _moved_last(words, "total")
    elif instrument == "gauge" and unit == "1":
        words = _moved_last(words, "ratio")
    joined = "_".join(words)
    return f"_{joined}" if joined[:1].isdigit() else joined


@lru_cache(maxsize=4096)
def label_name(key: str) -> str:
    """Say what an attribute is called as a label: `service.name` becomes `service_name`.

    Returns: the name, or "" when nothing of it can be kept.
    """
    label = _NOT_IN_LABELS.sub("_", key)
    if not label.strip("_"):
        return ""
    return f"key_{label}" if label[0].isdigit() else label


def _moved_last(words: list[str], word: str) -> list[str]:
    return [*(other for other in words if other != word), word]


def _unit_suffixes(unit: str) -> tuple[str, str]:
    main, _, per = (part.strip() for part in unit.partition("/"))
    divisor = _unit_word(per, _PER_UNITS)
    return _unit_word(main, _UNITS), f"per_{divisor}" if divisor else ""


def _unit_word(unit: str, known: dict[str, str]) -> str:
    if "{" in unit or "}" in unit:
        return ""
    return _NOT_IN_LABELS.sub("_", known.get(unit, unit)).strip("_")
