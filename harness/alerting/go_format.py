"""How Go writes values, for templates are written in Go's language: `{{ $value }}`, `{{ printf "%.2f" $value }}`.

Source: the documentation of Go's packages fmt and strconv.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Protocol, runtime_checkable

_VERB = re.compile(r"%(?P<flags>[-+# 0]*)(?P<width>\d{1,3})?(?:\.(?P<precision>\d{0,3}))?(?P<verb>.)?", re.DOTALL)
_PLAIN_POWERS = range(-4, 6)
"""The powers of ten of a number that `%v` writes without its exponent."""


@runtime_checkable
class Stringer(Protocol):
    """A value that knows how it is written."""

    def go_string(self) -> str:
        """Write it."""
        ...


def written(value: object) -> str:
    """Write a value as `%v` does."""
    match value:
        case Stringer():
            return value.go_string()
        case None | bool():
            return {None: "<nil>", True: "true", False: "false"}[value]
        case float():
            return shortest(value)
        case Mapping():
            return "map[" + " ".join(f"{key}:{written(value[key])}" for key in sorted(value)) + "]"
        case list() | tuple():
            return "[" + " ".join(map(written, value)) + "]"
        case _:
            return str(value)


def shortest(value: float) -> str:
    """Write a number with as few digits as tell it from its neighbours: 5, 0.1, 1e+06."""
    if not math.isfinite(value):
        return _not_finite(value)
    sign, digits, exponent = _digits(value)
    return _plain(value) if exponent in _PLAIN_POWERS else _with_exponent(sign, digits, exponent)


def scientific(value: float) -> str:
    """Write a number as promtool does: 1.5E+01."""
    if not math.isfinite(value):
        return _not_finite(value)
    return _with_exponent(*_digits(value)).upper()


def formatted(pattern: str, arguments: Sequence[object]) -> str:
    """Write arguments into a pattern as Go's printf does; a verb that does not fit says so in the text."""
    given = iter(arguments)
    text = _VERB.sub(lambda found: _verb(found, given), pattern)
    extra = ", ".join(f"{_type(each)}={written(each)}" for each in given)
    return f"{text}%!(EXTRA {extra})" if extra else text


def _verb(found: re.Match[str], given: Iterator[object]) -> str:
    verb = found["verb"]
    if verb is None:
        return "%!(NOVERB)"
    if verb == "%":
        return "%"
    try:
        value = next(given)
    except StopIteration:
        return f"%!{verb}(MISSING)"
    write = _VERBS.get(verb)
    text = write(value, found) if write else None
    if text is None:
        return f"%!{verb}({_type(value)}={written(value)})"
    return _padded(text, found)


def _float_verb(value: object, found: re.Match[str]) -> str | None:
    if not isinstance(value, float):
        return None
    sign = "+" if "+" in found["flags"] else " " if " " in found["flags"] else ""
    if not math.isfinite(value):
        return _not_finite(value)
    precision, verb = found["precision"], found["verb"].replace("v", "g")
    if precision is None and verb in "gG":
        text = shortest(value)
        return sign + text if sign and value >= 0 else text
    digits = 6 if precision is None else int(precision or 0)
    return f"{value:{sign}.{digits}{verb}}"


def _whole_verb(value: object, found: re.Match[str]) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return f"{value:{'+' if '+' in found['flags'] else ''}{found['verb']}}"


def _text_verb(value: object, found: re.Match[str]) -> str | None:
    if not isinstance(value, str | Stringer):
        return None
    text = written(value)
    return text if found["precision"] is None else text[: int(found["precision"] or 0)]


def _any_verb(value: object, found: re.Match[str]) -> str | None:
    return _float_verb(value, found) if isinstance(value, float) and found["precision"] else written(value)


_VERBS: dict[str, Callable[[object, re.Match[str]], str | None]] = {
    **dict.fromkeys("eEfFgG", _float_verb),
    **dict.fromkeys("dxXob", _whole_verb),
    "s": _text_verb,
    "v": _any_verb,
    "q": lambda value, _: quoted(value) if isinstance(value, str) else None,
    "t": lambda value, _: written(value) if isinstance(value, bool) else None,
}


def _padded(text: str, found: re.Match[str]) -> str:
    width, flags = int(found["width"] or 0), found["flags"]
    if "-" in flags:
        return text.ljust(width)
    return text.zfill(width) if "0" in flags and not text.endswith(("Inf", "NaN")) else text.rjust(width)


def _type(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    names = {int: "int", float: "float64", str: "string", type(None): "<nil>"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), type(value).__name__)


def _digits(value: float) -> tuple[str, str, int]:
    """Give sign, significant digits, and the power of ten of the first of them."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    return "-" if sign else "", text, exponent + len(text) - 1 if value else 0


def _with_exponent(sign: str, digits: str, exponent: int) -> str:
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _plain(value: float) -> str:
    return format(Decimal(repr(value)).normalize(), "f") if value else ("-0" if math.copysign(1, value) < 0 else "0")


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


_UNITS = (("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000))
_WHOLE_ONLY = frozenset("ywd")


def model_duration(length: timedelta) -> str:
    """Write a length of time as Prometheus does: 1h30m, 1d, 0s."""
    rest, text = length // timedelta(milliseconds=1), ""
    for unit, size in (*_UNITS, ("ms", 1)):
        if rest >= size and not (unit in _WHOLE_ONLY and rest % size):
            text, rest = f"{text}{rest // size}{unit}", rest % size
    return text or "0s"


def go_duration(length: timedelta) -> str:
    """Write a length of time as Go does: 1h30m0s, 0s."""
    minutes, rest = divmod(length.total_seconds(), 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{text}{rest:g}s"


def quoted(text: str) -> str:
    """Write a text in quotes, as `%q` does."""
    return json.dumps(text, ensure_ascii=False)


def label_set(labels: Mapping[str, str]) -> str:
    """Write labels as promtool does, the metric's name among them: {__name__="up", job="web"}."""
    return "{" + ", ".join(f"{name}={quoted(labels[name])}" for name in sorted(labels)) + "}"
