"""The manners of Express 4: how it reads a request, finds its route and words an answer.

Order of work, which shows on the wire: body, then CORS headers, then who is asking, then the route.
A body that cannot be read is therefore answered without CORS headers, and a browser cannot see why.
"""

import hashlib
import re
from binascii import b2a_base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

import msgspec
from starlette.types import Message, Receive, Scope, Send

from pizza_service.body import BODY_LIMIT_BYTES, UnreadableBodyError, text_of
from pizza_service.errors import HttpError
from pizza_service.javascript import UNDEFINED, JsonObject, parse_json, to_json
from pizza_service.json_syntax import unexpected_token
from pizza_service.tokens import User

_JSON = "application/json; charset=utf-8"
_BAD_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")
Headers: TypeAlias = list[tuple[bytes, bytes]]
_POWERED = ((b"x-powered-by", b"Express"),)
_KEPT = ((b"connection", b"keep-alive"), (b"keep-alive", b"timeout=5"))
"""Node's limit, as it tells it; the socket is in truth kept for longer, which no client notices."""
_CORS = (
    (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
    (b"access-control-allow-headers", b"Content-Type, Authorization"),
    (b"access-control-allow-credentials", b"true"),
)
_TAG = re.compile(rb'(?:W/)?("[^"]*")')


class Reply(msgspec.Struct, frozen=True):  # a Struct is made in a fifth of the time, and each request makes three
    """What a handler answers."""

    body: object
    """Sent as JSON, unless the media type says otherwise."""
    status: int = 200
    """The HTTP status."""
    media_type: str = _JSON
    """What the body is."""
    headers: Mapping[str, str] = {}
    """Sent besides the standing ones."""

    def content(self) -> bytes:
        """The body as it travels."""
        return to_json(self.body) if self.media_type == _JSON else str(self.body).encode()


class Call(msgspec.Struct):
    """A request, as a handler sees it."""

    method: str
    """In capitals."""
    path: str
    """As sent, not decoded, without the query."""
    query: Mapping[str, Any]
    """A text for each key; a list for one that was sent twice or as `key[]`, an object for one sent as `key[name]`."""
    authorization: str | None
    """The header of that name."""
    body: JsonObject = {}
    """The JSON object sent; empty when none was, or a list was."""
    params: Mapping[str, str] = {}
    """What the route's ``:names`` stand for."""
    user: User | None = None
    """Who is asking, once that is known."""
    route: str | None = None
    """The path of the route that answered, with its ``:names``."""

    def get(self, key: str) -> object:
        """A member of the body; UNDEFINED when it was not sent."""
        return self.body.get(key, UNDEFINED)

    def asked(self, key: str) -> Any:  # noqa: ANN401 - whatever the client made of it
        """A value of the query; UNDEFINED when it was not sent."""
        return self.query.get(key, UNDEFINED)


Handler: TypeAlias = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, and who answers them."""

    method: str
    """In capitals; ``*`` answers every method, and everything below the path."""
    path: str
    """With ``:name`` for one segment of any text."""
    handler: Handler
    """Answers."""

    def pattern(self) -> re.Pattern[str]:
        """Matches the paths of this route: in any case of letters, with or without a slash at the end."""
        segments = re.sub(r":(\w+)", r"(?P<\1>[^/]+?)", self.path.rstrip("/"))
        return re.compile(segments + ("(?:/.*)?" if self.method == "*" else "/?"), re.IGNORECASE)

    def answers(self, method: str) -> bool:
        """Whether this route answers a method; GET answers HEAD too."""
        return self.method in ("*", method) or (method, self.method) == ("HEAD", "GET")


class Exchange(msgspec.Struct, frozen=True):
    """A request and what was answered, for metrics and logs."""

    call: Call
    """The request."""
    status: int
    """The status sent."""
    body: bytes
    """The body sent, also where HEAD or a 304 then left it out."""
    seconds: float
    """How long the answer took, incident time."""
    error: HttpError | None
    """What was thrown, when something was."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What an application does around every request."""

    identify: Callable[[Call], Awaitable[None]]
    """Finds out who is asking, before the route."""
    finished: Callable[[Exchange], None]
    """Hears of each answer before it is sent."""
    clock: Callable[[], float]
    """Incident seconds."""


class _Request:
    """A request as ASGI brings it, read with no more ado than is needed."""

    __slots__ = ("_headers", "method", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self._headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # of two of a name, the first counts

    def header(self, name: bytes) -> str:
        """A header; empty when it was not sent."""
        return self.sent(name).decode("latin-1")

    def sent(self, name: bytes) -> bytes:
        """A header as it travelled; empty when it was not sent."""
        return self._headers.get(name, b"")

    def has(self, name: bytes) -> bool:
        """Whether a header was sent, be it empty."""
        return name in self._headers


class _ClientLeftError(Exception):
    """Nobody waits for the answer any more."""


class Application:
    """Answers requests by a list of routes."""

    def __init__(self, routes: Sequence[Route], hooks: Hooks) -> None:
        self._routes = [(route.pattern(), route) for route in routes]
        self._hooks = hooks
        self._matching = lru_cache(maxsize=256)(self._match)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = _Request(scope)
        started = self._hooks.clock()
        call = _call(request)
        headers = _standing_headers(request)
        error: HttpError | None = None
        try:
            call.body = await _read_body(request, receive)
            headers += _cors(request)
            await self._hooks.identify(call)
            reply = await self._route(call)
        except _ClientLeftError:
            return
        except HttpError as thrown:
            error = thrown
            reply = _explain(thrown)
        content = reply.content()
        self._hooks.finished(Exchange(call, reply.status, content, self._hooks.clock() - started, error))
        start, body = _messages(request, content, reply=reply, headers=headers)
        await send(start)
        await send(body)

    def _match(self, path: str) -> Sequence[tuple[Route, Mapping[str, str]]]:
        found = ((route, pattern.fullmatch(path)) for pattern, route in self._routes)
        return tuple((route, match.groupdict()) for route, match in found if match is not None)

    async def _route(self, call: Call) -> Reply:
        others: dict[str, None] = {}
        for route, params in self._matching(call.path):
            call.params = {name: _decode(value) for name, value in params.items()}
            if route.answers(call.method):
                call.route = route.path
                return await route.handler(call)
            others |= dict.fromkeys(("GET", "HEAD") if route.method == "GET" else (route.method,))
        if call.method == "OPTIONS" and call.path != "/" and others:
            allowed = ",".join(others)
            return Reply(allowed, media_type="text/html; charset=utf-8", headers={"Allow": allowed})
        return Reply({"message": "unknown endpoint"}, status=404)


def _explain(error: HttpError) -> Reply:
    stack = f"Error: {error.message}\n    at pizza_service (a twin in Python, which has no JavaScript stack)"
    return Reply({"message": error.message, "stack": stack}, status=error.status)


def _call(request: _Request) -> Call:
    # The path as it came: Express matches routes before it decodes anything.
    query: dict[str, Any] = {}
    if request.scope["query_string"]:
        for key, value in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True):
            _add_to(query, key, value)
    return Call(
        method=request.method,
        path=request.scope["raw_path"].decode("latin-1"),
        query=query,
        authorization=request.header(b"authorization") if request.has(b"authorization") else None,
    )


def _add_to(query: dict[str, Any], key: str, value: str) -> None:
    name, bracket, inner = key.partition("[")
    known = query.get(name)
    if bracket and name and inner != "]":
        query[name] = {**(known if isinstance(known, dict) else {}), inner.rstrip("]"): value}
    elif name in query and not isinstance(known, dict):
        query[name] = [*(known if isinstance(known, list) else [known]), value]
    else:
        query[name if bracket else key] = [value] if bracket else value


async def _read_body(request: _Request, receive: Receive) -> JsonObject:
    declared = request.header(b"content-type")
    if not declared or declared.partition(";")[0].strip().lower() != "application/json":
        return {}
    content = await _content(request, receive)
    if not content:
        return {}
    try:
        source = text_of(content, content_type=declared, content_encoding=request.header(b"content-encoding"))
    except UnreadableBodyError as error:
        raise HttpError(str(error), status=error.status) from None
    if not source:
        return {}
    start = len(source) - len(source.lstrip(" \t\n\r"))
    if source[start : start + 1] not in ("{", "["):
        raise HttpError(unexpected_token(source, start), status=400)
    try:
        value = parse_json(source)
    except ValueError as error:
        raise HttpError(str(error), status=400) from None
    return value if isinstance(value, dict) else {}


async def _content(request: _Request, receive: Receive) -> bytes:
    content = b""
    declared = request.header(b"content-length")
    size = int(declared) if declared.isdecimal() else 0
    is_more = True
    while is_more and size <= BODY_LIMIT_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientLeftError
        content += message.get("body", b"")
        size = len(content)
        is_more = message.get("more_body", False)
    if size > BODY_LIMIT_BYTES:
        raise HttpError("request entity too large", status=413)
    return content


def _decode(value: str) -> str:
    try:
        if not _BAD_ESCAPE.search(value):
            return unquote(value, errors="strict")
    except UnicodeDecodeError:
        pass
    raise HttpError(f"Failed to decode param '{value}'", status=400)


def _standing_headers(request: _Request) -> Headers:
    is_kept = request.scope["http_version"] == "1.1" and request.sent(b"connection").lower() != b"close"
    return [*_POWERED, *_KEPT] if is_kept else [*_POWERED]


def _cors(request: _Request) -> Headers:
    return [(b"access-control-allow-origin", request.sent(b"origin") or b"*"), *_CORS]


def _messages(request: _Request, content: bytes, *, reply: Reply, headers: Headers) -> tuple[Message, Message]:
    """What ASGI is to send: a whole answer, its head alone, or that nothing has changed."""
    etag, status, body = _etag(content), reply.status, b"" if request.method == "HEAD" else content
    own = [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
    if request.method in ("GET", "HEAD") and 200 <= status < 300 and _is_fresh(request, etag):
        status, body = 304, b""
        headers = [*headers, *own, (b"etag", etag)]
    else:
        described, length = (b"content-type", reply.media_type.encode()), (b"content-length", b"%d" % len(content))
        headers = [*headers, described, *own, (b"etag", etag), length]
    start = {"type": "http.response.start", "status": status, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


@lru_cache(maxsize=64)  # many a body is sent again and again
def _etag(content: bytes) -> bytes:
    # The shape of Node's etag package: length in hex, then 27 characters of a SHA-1.
    digest = b2a_base64(hashlib.sha1(content, usedforsecurity=False).digest())
    return b'W/"%x-%b"' % (len(content), digest[:27])


def _is_fresh(request: _Request, etag: bytes) -> bool:
    known = request.sent(b"if-none-match")
    if not known or b"no-cache" in request.sent(b"cache-control"):
        return False
    return known.strip() == b"*" or etag.removeprefix(b"W/") in _TAG.findall(known)
