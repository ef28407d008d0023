"""The corners of JavaScript that show on the wire: undefined, truthiness, Number(), JSON text and its errors."""

import enum
import json
import math
import re
from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec

from pizza_service.errors import HttpError
from pizza_service.json_syntax import explain_json_error

JsonObject: TypeAlias = dict[str, Any]


class Undefined(enum.Enum):
    """What a key that was never sent holds; it is not null."""

    UNDEFINED = "undefined"


UNDEFINED = Undefined.UNDEFINED

_NUMERAL = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)", re.ASCII)
_RADIX = re.compile(r"0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_WORDS = {"": 0.0, "Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
_EXACT_DIGITS = 15
"""Integers of so many digits are exact in the doubles that JavaScript counts with."""
_EXACT = 10**_EXACT_DIGITS
"""Integers below this have no more digits."""


def is_truthy(value: object) -> bool:
    """Whether JavaScript's ``if`` would take the branch: an empty list or object is true, unlike here."""
    if isinstance(value, (list, dict)):
        return True
    return bool(value) and value is not UNDEFINED and value == value  # noqa: PLR0124 - NaN is false


def number(value: object) -> float:
    """What JavaScript's Number() makes of a value; NaN where it is none."""
    if value is None or isinstance(value, (bool, int, float)):
        return float(value or 0)
    if isinstance(value, list):
        value = text(value)
    if not isinstance(value, str):
        return math.nan
    digits = value.strip()
    if _RADIX.fullmatch(digits):
        return float(int(digits, 0))
    if _NUMERAL.fullmatch(digits):
        return float(digits)
    return _WORDS.get(digits, math.nan)


def leading_number(text: str) -> float | None:
    """The number a text starts with, as MySQL reads ``"1x"`` as 1; None when it starts with none."""
    match = _NUMERAL.match(text.strip())
    return float(match.group()) if match else None


def plain(value: float) -> int | float:
    """A number as JSON.stringify writes it: 2 rather than 2.0."""
    return int(value) if abs(value) < 1e21 and value == int(value) else value


def number_text(value: float) -> str:
    """A number as JavaScript puts it into a text: ``NaN``, ``Infinity``, ``-10``, ``1.5``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(plain(value))


def text(value: object) -> str:
    """A value as a template literal would write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "[object Object]"
    if isinstance(value, list):
        return ",".join("" if item is None else text(item) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    return "null" if value is None else "undefined"


def iterate(value: object, *, name: str) -> list[Any]:
    """What ``for (... of value)`` visits.

    Raises:
        HttpError: The value, which the code calls ``name``, is neither a list nor a text.
    """
    if isinstance(value, (list, str)):
        return list(value)
    raise HttpError(f"{name} is not iterable")


def member(value: object, key: str) -> object:
    """``value.key``: undefined for whatever has no such member.

    Raises:
        HttpError: The value is null.
    """
    if value is None:
        raise HttpError(f"Cannot read properties of null (reading '{key}')")
    return value.get(key, UNDEFINED) if isinstance(value, dict) else UNDEFINED


def parse_json(source: str) -> Any:  # noqa: ANN401 - JSON can be anything
    """Read JSON as JSON.parse does.

    Raises:
        ValueError: The text is not JSON; the message is the one Node 20 gives.
    """
    try:
        value = _quick_decode(source)
        if not _holds_long_integer(value):
            return value
    except (ValueError, RecursionError):
        pass  # it is no JSON, or JSON of a kind that the quick one does not know
    try:
        value = _decode(source)
    except (ValueError, RecursionError):
        raise ValueError(explain_json_error(source)) from None
    return _without_lone_surrogates(value) if "\\ud" in source.lower() else value


to_json = msgspec.json.Encoder().encode  # made once, which each call is quicker for
"""Write a value as JSON.stringify does: compact, non-ASCII as it is, undefined members left out."""


def present(**members: object) -> JsonObject:
    """An object without its undefined members, in the order given."""
    return {key: value for key, value in members.items() if value is not UNDEFINED}


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _EXACT_DIGITS else _real(digits)


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


def _real(digits: str) -> int | float:
    value = float(digits)
    return value if math.isinf(value) else plain(value)


def _refuse(constant: str) -> None:
    # NaN and Infinity are Python's own additions to JSON.
    raise ValueError(constant)


def _without_lone_surrogates(value: object) -> object:
    # Half a surrogate pair has no UTF-8 form; Node's driver sends U+FFFD to the database in its place.
    whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.loads(whole)


_quick_decode = msgspec.json.Decoder[Any](float_hook=_real).decode
_decode = json.JSONDecoder(parse_int=_integer, parse_float=_real, parse_constant=_refuse).decode
"""Decoders: a quick one, for what it reads as JavaScript does, and one that knows the corners."""
