"""A response says something else than it should, under whatever status: a wrong 200 is the worst of failures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from harness.errors import ScenarioError, unknown_name
from harness.faults.toxics.attributes import text
from harness.faults.toxics.http_message import Response
from harness.faults.toxics.http_toxic import HttpToxic
from harness.faults.toxics.toxic import Close, Commands, Send

HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>\n"


@dataclass(frozen=True, slots=True)
class HttpBody(HttpToxic):
    """Put another body into responses; the status stays."""

    type: ClassVar[str] = "http_body"

    mode: str = field(default="empty", metadata=text("mode"))
    """`empty`, `invalid_json`, `html`, `truncate` (half of it comes, then the connection closes), `replace` (by
    `value`), or, for JSON objects, `set_field` and `remove_field`."""
    member: str = field(default="", metadata=text("field"))
    """Which member of the JSON object: `jwt`."""
    value: str = field(default="", metadata=text("value"))
    """The new body, or the member's new text."""

    def __post_init__(self) -> None:
        if self.mode not in _SEES:
            raise ScenarioError(unknown_name("http_body mode", self.mode, known=_SEES))

    @property
    def sees(self) -> str:
        return _SEES[self.mode].format(member=self.member)

    def changed(self, response: Response) -> Response:
        return _CHANGES[self.mode](self, response)

    def spoil(self, response: Response, at: float) -> Commands:
        if self.mode != "truncate":
            return (Send(self.changed(response).written(), at=at),)
        missing = len(response.body) - len(response.body) // 2 if response.has_body else 0
        return (Send(response.written()[:-missing], at=at), Close(at)) if missing else (Close(at),)


def _empty(_toxic: HttpBody, response: Response) -> Response:
    return replace(response, body=b"")


def _invalid_json(_toxic: HttpBody, response: Response) -> Response:
    return replace(response, body=response.body.rstrip(b" \r\n}]") + b",")


def _html(_toxic: HttpBody, response: Response) -> Response:
    return replace(response, body=HTML).with_header(b"Content-Type", b"text/html")


def _replaced(toxic: HttpBody, response: Response) -> Response:
    return replace(response, body=toxic.value.encode())


def _with_member(toxic: HttpBody, response: Response) -> Response:
    return _edited(response, lambda members: {**members, toxic.member: toxic.value})


def _without_member(toxic: HttpBody, response: Response) -> Response:
    return _edited(response, lambda members: {name: value for name, value in members.items() if name != toxic.member})


def _edited(response: Response, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> Response:
    try:
        members = json.loads(response.body)
    except (ValueError, RecursionError):
        return response  # not JSON: there is no member to change
    return replace(response, body=json.dumps(edit(members)).encode()) if isinstance(members, dict) else response


_CHANGES: Mapping[str, Callable[[HttpBody, Response], Response]] = {
    "empty": _empty,
    "invalid_json": _invalid_json,
    "html": _html,
    "replace": _replaced,
    "set_field": _with_member,
    "remove_field": _without_member,
}

_SEES: Mapping[str, str] = {
    "empty": "responses are empty",
    "invalid_json": "responses cannot be read as JSON",
    "html": "responses are an HTML page",
    "truncate": "responses break off in the middle",
    "replace": "responses say something else",
    "set_field": "responses have a wrong {member}",
    "remove_field": "responses lack {member}",
}
