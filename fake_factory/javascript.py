"""JSON, truth, dates and URL escapes as a Node program sees them."""

import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import msgspec

from fake_factory.json_syntax import explain

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT_DIGITS = 15
"""Whole numbers of so many digits are exact in doubles."""
_EXACT = 10**_EXACT_DIGITS
"""Whole numbers below this have no more digits."""
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class JsonError(ValueError):
    """A text that is not JSON; the message is the one Node gives."""


def parse_json(text: str) -> object:
    """Read JSON the way `JSON.parse` does.

    Raises:
        JsonError: the text is not JSON, or nests deeper than this process can follow.
    """
    try:
        value = _quick_decode(text)
        if not _holds_long_integer(value):
            return value
    except (ValueError, RecursionError):
        pass  # it is no JSON, or JSON of a kind that the quick one does not know
    try:
        return _decode(text)
    except RecursionError:
        raise JsonError("Maximum call stack size exceeded") from None
    except ValueError:
        raise JsonError(explain(text)) from None


def dump_json(value: object) -> bytes:
    """Write JSON the way `JSON.stringify` does: compact, UTF-8, lone surrogates escaped."""
    try:
        return _quick_encode(value)
    except UnicodeEncodeError:
        return _encode(value).encode(errors="backslashreplace")


def is_truthy(value: object) -> bool:
    """Ask whether JavaScript takes a JSON value for true; unlike in Python, `[]` and `{}` are."""
    return isinstance(value, list | dict) or bool(value)


def iso_date(epoch: float) -> str:
    """Write an instant, in seconds since the epoch, as `Date.toISOString` does: UTC and milliseconds."""
    instant = _EPOCH + timedelta(milliseconds=math.floor(epoch * 1000))
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def decode_param(escaped: str) -> str:
    """Undo %-escapes as `decodeURIComponent` does.

    Raises:
        ValueError: an escape is cut short or does not spell UTF-8.
    """
    if _BROKEN_ESCAPE.search(escaped):
        raise ValueError(f"Failed to decode param '{escaped}'")
    try:
        return unquote(escaped, errors="strict")
    except UnicodeDecodeError:
        raise ValueError(f"Failed to decode param '{escaped}'") from None


def _number(digits: str) -> float | None:
    """Every JavaScript number is a double: 1.0 is written back as 1, and what overflows as null."""
    value = float(digits)
    if math.isinf(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def _holds_long_integer(value: object) -> bool:
    if isinstance(value, dict):
        return _is_long_integer_in(value.values())
    return _is_long_integer_in(value if isinstance(value, list) else (value,))


def _is_long_integer_in(values: Iterable[object]) -> bool:
    for value in values:
        kind = type(value)
        if kind is int:
            if abs(value) >= _EXACT:  # type: ignore[arg-type]
                return True
        elif (kind is dict or kind is list) and _holds_long_integer(value):
            return True
    return False


def _whole(digits: str) -> float | None:
    return int(digits) if len(digits) <= _EXACT_DIGITS else _number(digits)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is Python's, not JSON's")


# Made once: json.loads and json.dumps would make them anew for each text. The quick one reads most as JavaScript does;
# the other knows the corners.
_quick_encode = msgspec.json.Encoder().encode
_quick_decode = msgspec.json.Decoder[object](float_hook=_number).decode
_decode = json.JSONDecoder(parse_int=_whole, parse_float=_number, parse_constant=_refuse).decode
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
