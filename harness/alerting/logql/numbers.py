"""Numbers and lengths of time, as they stand in labels and are written in queries."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Inf|NaN")
_GO_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")
_GO_WHOLE = re.compile(rf"([+-]?)((?:{_GO_PART.pattern})+|0)")
_GO_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def number(text: str) -> float | None:
    """Read a number; None when it is none."""
    return float(text) if _NUMBER.fullmatch(text) else None


def go_seconds(text: str) -> float | None:
    """Read a length of time as Go writes it, such as `1h2m0.5s`, in seconds; None when it is none."""
    whole = _GO_WHOLE.fullmatch(text)
    if whole is None:
        return None
    total = sum(float(amount) * _GO_SECONDS[unit] for amount, unit in _GO_PART.findall(text))
    return -total if whole[1] == "-" else total
