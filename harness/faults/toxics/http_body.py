"""A response says something else than it should, under whatever status: a wrong 200 is the worst of failures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from harness.faults.toxics.attributes import complaint, text
from harness.faults.toxics.http_message import Response
from harness.faults.toxics.http_toxic import HttpToxic
from harness.faults.toxics.toxic import Close, Commands, Send

HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>\n"

_SEES: Mapping[str, str] = {
    "empty": "responses are empty",
    "invalid_json": "responses cannot be read as JSON",
    "html": "responses are an HTML page",
    "truncate": "responses break off in the middle",
    "replace": "responses say something else",
    "set_field": "responses have a wrong {member}",
    "remove_field": "responses lack {member}",
}


@dataclass(frozen=True, slots=True)
class HttpBody(HttpToxic):
    """Put another body into responses; the status stays."""

    type: ClassVar[str] = "http_body"

    mode: str = field(
        default="empty",
        metadata=text("mode", "what comes; `truncate` is half of it, then a close", choices=tuple(_SEES)),
    )
    member: str = field(
        default="",
        metadata=text(
            "field", "which member of a JSON object", said='a name with `set_field` and `remove_field`, else ""'
        ),
    )
    value: str = field(
        default="", metadata=text("value", "for `replace` the new body, for `set_field` the member's new text")
    )

    def __post_init__(self) -> None:
        HttpToxic.__post_init__(self)
        if self.mode.endswith("_field") and not self.member:
            raise complaint(self, "member", f"{self.mode} needs to know which one. Name it, such as 'jwt'.")

    @property
    def sees(self) -> str:
        return _SEES[self.mode].format(member=self.member)

    @property
    def part(self) -> str:
        return self.member if self.mode.endswith("_field") else ""

    def changed(self, response: Response) -> Response:
        return _CHANGES[self.mode](self, response) if response.has_body else response

    def spoil(self, response: Response, at: float) -> Commands:
        if self.mode != "truncate":
            return (Send(self.changed(response).written(), at=at),)
        missing = len(response.body) - len(response.body) // 2 if response.has_body else 0
        return (Send(response.written()[:-missing], at=at), Close(at)) if missing else (Close(at),)


def _empty(_toxic: HttpBody, response: Response) -> Response:
    return _with_body(response, b"")


def _invalid_json(_toxic: HttpBody, response: Response) -> Response:
    return _with_body(response, response.body.rstrip(b" \r\n}]") + b",")


def _html(_toxic: HttpBody, response: Response) -> Response:
    return _with_body(response, HTML).with_header(b"Content-Type", b"text/html")


def _replaced(toxic: HttpBody, response: Response) -> Response:
    return _with_body(response, toxic.value.encode())


def _with_body(response: Response, body: bytes) -> Response:
    """Put a body in that is not packed, whatever the other was."""
    if body == response.body:
        return response
    return replace(response, body=body).with_header(b"Content-Encoding", None)


def _with_member(toxic: HttpBody, response: Response) -> Response:
    return _edited(response, lambda members: {**members, toxic.member: toxic.value})


def _without_member(toxic: HttpBody, response: Response) -> Response:
    return _edited(response, lambda members: {name: value for name, value in members.items() if name != toxic.member})


def _edited(response: Response, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> Response:
    try:
        members = json.loads(response.body)
    except (ValueError, RecursionError):
        return response  # not JSON: there is no member to change
    if not isinstance(members, dict) or (edited := edit(members)) == members:
        return response
    return replace(response, body=json.dumps(edited).encode())


_CHANGES: Mapping[str, Callable[[HttpBody, Response], Response]] = {
    "empty": _empty,
    "invalid_json": _invalid_json,
    "html": _html,
    "replace": _replaced,
    "set_field": _with_member,
    "remove_field": _without_member,
}
