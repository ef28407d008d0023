"""Conversations with a pizza program: what is asked, step by step, and what was heard, without what differs each time.

What the real programs answered is recorded in a file beside the questions: a line an answer. The twins are asked the
same, and must be heard to say the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

TALKATIVE = {"access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods"}
TALKATIVE |= {"access-control-allow-origin", "allow", "connection", "content-type", "keep-alive", "x-powered-by"}
"""Headers that are heard word for word; of an ETag only that it is there, and whether it is weak."""

_MASKS = (
    (re.compile(r"^https?://[^/]+/api/support/[^/]+/report/\w+$"), "<report url>"),
    (re.compile(r"^dead[\w-]+\.[\w-]+\.[\w-]+$"), "<rotten pizza>"),
    (re.compile(r"^[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}$"), "<jwt>"),
    (re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"), "<date>"),
    (re.compile(r"^[0-9a-f]{32}$"), "<key>"),
    (re.compile(r"^[\w-]{300,}$"), "<modulus>"),
    (re.compile(r"^https?://127\.0\.0\.\d+(:\d+)?"), "<here>"),
    (re.compile(r"\b127\.0\.0\.\d+:\d+"), "<database>"),
    (re.compile(r"'127\.0\.0\.\d+'|^127\.0\.0\.\d+$"), "<database>"),
)
_MASKED_MEMBERS = {"stack", "iat", "exp", "kid", "version", "fixCode"}


@dataclass(frozen=True, slots=True)
class Step:
    """One question."""

    asks: str
    """Method and path."""
    sends: object = None
    """The JSON body; None for none."""
    by: str = ""
    """Whose token goes with it, as it was kept."""
    keeps: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """Names for what later steps use of the answer's body: as a token, or in `{braces}`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None
    """A body sent as it is, in place of JSON."""
    hears: Callable[[Any], object] = lambda body: body
    """What of the answer's body counts."""
    before: str = ""
    """What happens before it is asked, in a word for whoever brings it about."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer, as far as it is the same each time."""

    asked: str
    status: int
    headers: Mapping[str, str]
    body: object

    def as_json(self) -> dict[str, object]:
        """Give it as a line of the record."""
        return {"asked": self.asked, "status": self.status, "headers": self.headers, "body": self.body}


@dataclass(frozen=True, slots=True)
class Partner:
    """A program to talk to."""

    client: httpx.Client
    happens: Callable[[str], object]
    """Brings about what no request can."""
    known: Mapping[str, str] = field(default_factory=dict)
    """Names and tokens that are known beforehand."""


def play(steps: Iterable[Step], partner: Partner) -> list[Heard]:
    """Ask everything, and give what was heard."""
    kept: dict[str, str] = dict(partner.known)
    heard = []
    for step in steps:
        if step.before:
            partner.happens(step.before)
        reply = partner.client.request(**_request(step, kept))
        body = _read(reply)
        kept.update({name: find(body) for name, find in step.keeps.items()})
        heard.append(Heard(step.asks, reply.status_code, _headers(reply), _masked(step.hears(body))))
    return heard


def shape(value: object) -> object:
    """Say of what kind a program's own prose is; a list is the kinds of its items, each once, and examples are free."""
    if isinstance(value, dict):
        return {name: "<example>" if name == "response" else shape(member) for name, member in value.items()}
    if isinstance(value, list):
        kinds = [shape(item) for item in value]
        return [len(value), *(kind for number, kind in enumerate(kinds) if kind not in kinds[:number])]
    return type(value).__name__


def recorded(file: Path) -> list[Heard]:
    """Read what a program said when it was recorded."""
    return [Heard(**json.loads(line)) for line in file.read_text().splitlines()]


def record(file: Path, heard: Sequence[Heard]) -> None:
    """Write down what a program said."""
    file.write_text("".join(json.dumps(each.as_json(), ensure_ascii=False) + "\n" for each in heard))


def differences(known: Sequence[Heard], heard: Sequence[Heard]) -> list[str]:
    """Name every answer that is not the one that is known, with both."""
    found = [] if len(known) == len(heard) else [f"{len(heard)} answers, where {len(known)} are known"]
    for number, (was, now) in enumerate(zip(known, heard, strict=False), start=1):
        before, after = _parts(was), _parts(now)
        found += [
            f"{number}. {was.asked}: {part} was {before.get(part)!r} and is {after.get(part)!r}"
            for part in {**before, **after}
            if before.get(part) != after.get(part)
        ]
    return found


def _parts(heard: Heard) -> dict[str, object]:
    body = heard.body if isinstance(heard.body, dict) else {"": heard.body}
    headers = {f"header {name}": value for name, value in heard.headers.items()}
    return {"status": heard.status, **headers, **{f"body {name}".strip(): value for name, value in body.items()}}


def _request(step: Step, kept: Mapping[str, str]) -> dict[str, Any]:
    method, _, path = step.asks.partition(" ")
    headers = dict(step.headers)
    if step.by:
        headers["Authorization"] = f"Bearer {kept.get(step.by, step.by)}"
    request: dict[str, Any] = {"method": method, "url": path.format_map(kept), "headers": headers}
    if step.raw is not None:
        return {**request, "content": step.raw.encode()}
    return request if step.sends is None else {**request, "json": _filled(step.sends, kept)}


def _filled(value: Any, kept: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(member, kept) for name, member in value.items()}
    if isinstance(value, list):
        return [_filled(item, kept) for item in value]
    return kept.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value


def _read(reply: httpx.Response) -> Any:
    return reply.json() if "json" in reply.headers.get("content-type", "") and reply.content else reply.text


def _headers(reply: httpx.Response) -> dict[str, str]:
    kept = {name: value for name, value in sorted(reply.headers.items()) if name in TALKATIVE}
    if tag := reply.headers.get("etag"):
        kept["etag"] = "weak" if tag.startswith("W/") else "strong"
    return kept


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {name: f"<{name}>" if name in _MASKED_MEMBERS else _masked(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, str):
        for pattern, mask in _MASKS:
            value = pattern.sub(mask, value)
    return "<picture>" if isinstance(value, str) and "<svg" in value else value
