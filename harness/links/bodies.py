"""What travels over the control API: JSON as Toxiproxy reads and writes it, and our few additions.

As there: keys in any case, unknown keys ignored, null as good as nothing, whatever follows the first value ignored.
Unlike there, an unknown *attribute* of a toxic is refused: one that is misspelt would leave a toxic that does nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec

from harness.durations import duration
from harness.errors import ScenarioError
from harness.faults.toxics import TOXICS
from harness.faults.toxics.attributes import read, written
from harness.faults.toxics.http_toxic import HttpToxic
from harness.faults.toxics.toxic import Toxic
from harness.links.link import Direction, LinkToxic
from harness.links.links import Wanted
from harness.links.outages import DOWN
from harness.links.refusals import Refused, bad_body, bad_stream, bad_toxic_type, missing_field
from harness.links.running import LinkSettings, RunningLink

Shape = TypeVar("Shape", bound=msgspec.Struct)
Json = dict[str, Any]

_TYPES = {toxic.type: toxic for toxic in TOXICS}
_LARGEST = 2**63 - 1

MISSPELT = 0.65
"""How like a key has to be, by difflib, to be taken for another that is misspelt."""


class _Link(msgspec.Struct, frozen=True):
    name: str | None = None
    listen: str | None = None
    upstream: str | None = None
    enabled: bool | None = None
    toxics: list[Any] | None = None
    ttl: str | None = None
    called: str | None = None  # by the harness alone, so that what it does for a scenario is not told as a second fault


class _Toxic(msgspec.Struct, frozen=True):
    name: str | None = None
    type: str | None = None
    stream: str | None = None
    toxicity: float | None = None
    attributes: dict[str, Any] | None = None
    ttl: str | None = None


# Reading


def read_link(body: bytes) -> Wanted:
    """Read a link that is to be made.

    Raises:
        Refused: when it is not one, or lacks its name or upstream.
    """
    return _wanted(_shaped(_parsed(body), _Link), place="")


def read_links(body: bytes) -> list[Wanted]:
    """Read an array of links that are to be made; all of it is checked before any is.

    Raises:
        Refused: naming the first that lacks something.
    """
    found = _parsed(body)
    if not isinstance(found, list | None):
        raise bad_body(f"expected an array of proxies, got {type(found).__name__}")
    shaped = [_shaped(entry, _Link) for entry in found or ()]
    return [_wanted(entry, place=f" at proxy {number}") for number, entry in enumerate(shaped, start=1)]


def read_link_update(body: bytes, link: RunningLink) -> LinkSettings:
    """Read what is to change about a link; what is not mentioned stays.

    Raises:
        Refused: when it cannot be read.
    """
    change = _shaped(_parsed(body), _Link)
    is_enabled = link.is_enabled if change.enabled is None else change.enabled
    return LinkSettings(
        link.name,
        upstream=link.upstream if change.upstream is None else change.upstream,
        listen=link.listen if change.listen is None else change.listen,
        is_enabled=is_enabled,
        ttl=_ttl_disabled(change.ttl, is_enabled=is_enabled),
        called=change.called or DOWN,
    )


def read_toxic(body: bytes) -> LinkToxic:
    """Read a toxic that is to be added.

    Raises:
        Refused: when its stream, its type or an attribute is not what it can be.
    """
    return _toxic(_parsed(body))


def read_toxic_update(body: bytes, there: LinkToxic) -> LinkToxic:
    """Read what is to change about a toxic: attributes, toxicity and time to live; what is not mentioned stays.

    Returns: the toxic as it is to be, with a time to live only if that is to begin anew.

    Raises:
        Refused: when an attribute is not what it can be.
    """
    change = _shaped(_parsed(body), _Toxic)
    toxicity = there.toxicity if change.toxicity is None else change.toxicity
    toxic = _with_attributes(there.toxic, change.attributes)
    return replace(there, toxic=toxic, toxicity=toxicity, ttl=_ttl(change.ttl))


def _wanted(link: _Link, *, place: str) -> Wanted:
    for field in ("name", "upstream"):
        if not getattr(link, field):
            raise missing_field(field + place)
    settings = LinkSettings(
        link.name or "",
        upstream=link.upstream or "",
        listen=link.listen or "127.0.0.1:0",  # Toxiproxy would listen everywhere, unasked
        is_enabled=link.enabled is not False,
        ttl=_ttl_disabled(link.ttl, is_enabled=link.enabled is not False),
    )
    return settings, [_toxic(toxic) for toxic in link.toxics or ()]


def _toxic(parsed: object) -> LinkToxic:
    body = _shaped(parsed, _Toxic)
    try:
        direction = Direction((body.stream or "downstream").lower())
    except ValueError:
        raise bad_stream() from None
    kind = body.type or ""
    if kind not in _TYPES:
        raise bad_toxic_type()
    if issubclass(_TYPES[kind], HttpToxic) and direction is Direction.UPSTREAM:
        raise bad_body(f"{kind} spoils replies, which flow downstream; leave the stream out")
    return LinkToxic(
        body.name or f"{kind}_{direction.value}",
        toxic=_with_attributes(_TYPES[kind], body.attributes),
        direction=direction,
        toxicity=1.0 if body.toxicity is None else body.toxicity,
        ttl=_ttl(body.ttl),
    )


def _with_attributes(toxic: Toxic | type[Toxic], attributes: dict[str, Any] | None) -> Toxic:
    given = {name.lower(): value for name, value in (attributes or {}).items() if value is not None}
    try:
        return read(toxic, given)
    except ScenarioError as error:
        raise bad_body(str(error)) from error


def _ttl(text: str | None) -> timedelta | None:
    try:
        return None if text is None else duration(text)
    except ScenarioError as error:
        raise bad_body(f"ttl: {error}") from error


def _ttl_disabled(text: str | None, *, is_enabled: bool) -> timedelta | None:
    if text is not None and is_enabled:
        raise bad_body('ttl says how long a proxy stays disabled; give it with "enabled": false, or to a toxic')
    return _ttl(text)


def _shaped(parsed: object, shape: type[Shape]) -> Shape:
    by_any_case = {str(key).lower(): value for key, value in parsed.items()} if isinstance(parsed, dict) else parsed
    if isinstance(by_any_case, dict):
        _refuse_misspelt(by_any_case)
    try:
        return msgspec.convert({} if by_any_case is None else by_any_case, shape)
    except msgspec.ValidationError as error:
        raise bad_body(str(error)) from error


def _refuse_misspelt(keys: Iterable[str]) -> None:
    """Ignore a key that Toxiproxy ignores, unless it must be `ttl`: the fault would never heal."""
    for key in keys:
        if key != "ttl" and get_close_matches(key, ["ttl"], cutoff=MISSPELT):
            raise bad_body(f"unknown field {key!r}. Did you mean 'ttl'?")


def _parsed(body: bytes) -> object:
    text = body.decode(errors="replace").lstrip()
    if not text:
        raise bad_body("EOF")
    try:
        value, _ = _decoder.raw_decode(text)
        msgspec.json.encode(value)  # half of a surrogate pair can be read, but never be shown
    except (ValueError, RecursionError) as error:
        raise bad_body(str(error)) from error
    found: object = value
    return found


def _whole(text: str) -> int:
    value = int(text)
    if abs(value) > _LARGEST:
        message = f"{text[:40]} is out of range"
        raise ValueError(message)
    return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        message = f"{text[:40]} is not a number that JSON can hold"
        raise ValueError(message)
    return value


_decoder = json.JSONDecoder(parse_int=_whole, parse_float=_number, parse_constant=_number)


# Writing


def link_json(link: RunningLink) -> Json:
    """Write a link as Toxiproxy does, its stray `Logger` included: some clients are strict."""
    shown: Json = {
        "name": link.name,
        "listen": link.listen,
        "upstream": link.upstream,
        "enabled": link.is_enabled,
        "Logger": {},
        "toxics": [toxic_json(toxic) for toxic in link.link.toxics],
    }
    return shown if link.ttl is None else {**shown, "ttl": _seconds(link.ttl)}


def toxic_json(settings: LinkToxic) -> Json:
    """Write a toxic as Toxiproxy does; `ttl` only where it has one."""
    toxicity = settings.toxicity
    shown: Json = {
        "attributes": written(settings.toxic),
        "name": settings.name,
        "type": settings.toxic.type,
        "stream": settings.direction.value,
        "toxicity": int(toxicity) if toxicity.is_integer() else toxicity,
    }
    if settings.ttl is not None:
        shown["ttl"] = _seconds(settings.ttl)
    return shown


def _seconds(length: timedelta) -> str:
    return f"{length.total_seconds():g}s"


def hits_json(link: RunningLink, toxic: str) -> Json:
    """Write how often a toxic has hit, and what it hit first; Toxiproxy has nothing like it.

    Raises:
        Refused: when there is no toxic of that name.
    """
    first = [
        {
            "connection": hit.connection,
            "client": hit.client,
            **({"request": hit.request} if hit.request else {}),
            "seconds_ago": round(seconds_ago, 3),
        }
        for hit, seconds_ago in link.first_hits(toxic)
    ]
    return {"hits": link.link.hits[toxic], "first": first}


def refusal_json(refusal: Refused) -> Json:
    """Write why something was refused."""
    return {"error": str(refusal), "status": refusal.status}
