"""The manners of an Express 4 program: routing, body parsing, CORS, ETags and error bodies, as one ASGI application."""

import hashlib
import re
from binascii import b2a_base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from fake_factory.body import BODY_LIMIT_BYTES, UnreadableBodyError, text_of
from fake_factory.javascript import JsonError, decode_param, dump_json, parse_json
from fake_factory.json_syntax import unexpected_token

JSON = b"application/json; charset=utf-8"
"""What the body of most replies is."""
EMPTY_TAG = b'W/"0-2jmj7l5rSw0yVb/vlWAYkK/YBwk"'
"""The ETag of nothing."""
_BEARER = re.compile("bearer ", re.IGNORECASE)
_CORS = (
    (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
    (b"access-control-allow-headers", b"Content-Type, Authorization"),
    (b"access-control-allow-credentials", b"true"),
)


Headers = list[tuple[bytes, bytes]]


class Reply(msgspec.Struct):  # a Struct is made in a fifth of the time, and each request makes two
    """What a request is answered with."""

    content: bytes = b""
    """The body."""
    status: int = 200
    """The HTTP status."""
    headers: Headers = []
    """As they travel, names in small letters."""


class Refusal(Exception):
    """A request that is answered with an error status and a `message`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def reply(self) -> Reply:
        """Make the reply that tells the client."""
        return json_reply({"message": self.message}, status=self.status)


class Call(msgspec.Struct, frozen=True):
    """One request, routed and read."""

    request: Request
    """The request itself, for its headers, query and address."""
    params: Mapping[str, str]
    """What the path's placeholders held, unescaped."""
    body: object
    """The JSON body; `{}` for a body of any other content type."""

    def field(self, name: str) -> object:
        """Give a member of the body; None where there is none, as for a null."""
        return self.body.get(name) if isinstance(self.body, dict) else None

    def has(self, name: str) -> bool:
        """Ask whether the body has a member of that name, be it null."""
        return isinstance(self.body, dict) and name in self.body

    @property
    def api_key(self) -> str:
        """The key in the Authorization header, with or without the word Bearer."""
        return _BEARER.sub("", header(self.request, b"authorization"), count=1)


Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """What the factory says of an endpoint in its own documentation."""

    says: str
    """What the endpoint is for."""
    body: object = None
    """A request body as an example; None where none is needed."""
    response: object
    """A reply as an example; None for an empty one."""
    requires_auth: bool = False
    """Whether a vendor's key is needed."""


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, such as `/api/vendor/:id`, and what answers them."""

    method: str
    """The HTTP method; `*` for every one, OPTIONS included."""
    path: str
    """The path, with `:name` for a placeholder."""
    handler: Handler
    """What answers."""
    doc: Doc | None = None
    """Its documentation; None leaves it out of `/api/docs`."""
    reads_body: bool = True
    """Whether a body is read, and refused if broken, before the handler is called."""
    pattern: re.Pattern[str] = field(init=False)
    """The path as Express matches it: any case, with or without a slash at the end."""

    def __post_init__(self) -> None:
        pattern = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", re.escape(self.path).replace(r"\:", ":"))
        object.__setattr__(self, "pattern", re.compile(pattern + "/?", re.IGNORECASE))

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods it answers, for an Allow header."""
        return ("GET", "HEAD") if self.method == "GET" else (self.method,)

    def answers(self, method: str) -> bool:
        """Ask whether it answers requests of that method."""
        return self.method == "*" or method in self.methods

    def params(self, path: str) -> dict[str, str]:
        """Give what the placeholders hold in an escaped path that matches.

        Raises:
            Refusal: 500, an escape is broken.
        """
        found = self.pattern.fullmatch(path)
        return {name: _decoded(value) for name, value in found.groupdict().items()} if found else {}


class Express:
    """Routes requests in the order of the routes; the first that matches answers."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = tuple(routes)
        self._matching = lru_cache(maxsize=256)(self._match)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        reply = await self._respond(request)
        reply.headers.append((b"x-powered-by", b"Express"))
        if scope.get("http_version") == "1.1" and sent(request, b"connection").lower() != b"close":
            # Node's limit, as it tells it; the socket is in truth kept for longer, which no client notices.
            reply.headers += [(b"connection", b"keep-alive"), (b"keep-alive", b"timeout=5")]
        if _is_fresh(request, reply):
            reply = _not_modified(reply)
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        await send({"type": "http.response.body", "body": reply.content})

    def _match(self, path: str) -> tuple[Route, ...]:
        return tuple(route for route in self._routes if route.pattern.fullmatch(path))

    async def _respond(self, request: Request) -> Reply:
        path = _raw_path(request.scope)
        matching = self._matching(path)
        chosen = next((route for route in matching if route.answers(request.method)), None)
        try:
            body = await _read_body(request) if chosen is None or chosen.reads_body else {}
        except Refusal as refusal:
            # The body is read before the CORS step, so a browser cannot see this reply.
            return refusal.reply()
        try:
            if chosen is None:
                reply = _unanswered(request, path, matching)
            else:
                reply = await chosen.handler(Call(request, chosen.params(path), body))
        except Refusal as refusal:
            reply = refusal.reply()
        _allow_any_origin(request, reply)
        return reply


def header(request: Request, name: bytes) -> str:
    """Give a header of a request, named in small letters; empty when it was not sent."""
    return sent(request, name).decode("latin-1")


def sent(request: Request, name: bytes) -> bytes:
    """Give a header as it travelled, likewise."""
    for key, value in request.scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return b""


def json_reply(body: object, *, status: int = 200) -> Reply:
    """Answer with JSON, compact and with an ETag."""
    return _reply(dump_json(body), status=status, media_type=JSON)


def text_reply(text: str, *, media_type: bytes = b"text/html; charset=utf-8", headers: Headers | None = None) -> Reply:
    """Answer with a text, an empty one included."""
    return _reply(text.encode(errors="replace"), media_type=media_type, headers=headers)


def empty_reply(*, headers: Headers | None = None) -> Reply:
    """Answer with nothing but headers."""
    return Reply(headers=[*(headers or ()), (b"content-length", b"0")])


def _reply(content: bytes, *, status: int = 200, media_type: bytes, headers: Headers | None = None) -> Reply:
    described = [(b"content-length", b"%d" % len(content)), (b"content-type", media_type)]
    return Reply(content, status, [(b"etag", _etag(content)), *(headers or ()), *described])


def _raw_path(scope: Scope) -> str:
    # The escaped path: an escaped slash belongs to a placeholder's value.
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.decode("latin-1")


def _unanswered(request: Request, path: str, matching: Sequence[Route]) -> Reply:
    """Tell which methods a known path has, if that was the question; else that there is no such endpoint."""
    # A router of Express answers this by itself; what is routed by none of them is not known to have methods.
    if request.method == "OPTIONS" and matching and path.lower().startswith("/api/"):
        allowed = ",".join(dict.fromkeys(method for route in matching for method in route.methods))
        return text_reply(allowed, headers=[(b"allow", allowed.encode())])
    _decoded(path)
    raise Refusal(404, "unknown endpoint")


def _decoded(escaped: str) -> str:
    try:
        return decode_param(escaped)
    except ValueError as error:
        raise Refusal(500, str(error)) from None


async def _read_body(request: Request) -> object:
    content_type = header(request, b"content-type")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        return {}
    content, is_more = b"", True
    while is_more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Refusal(500, "request aborted")
        content += message.get("body", b"")
        is_more = message.get("more_body", False)
        if len(content) > BODY_LIMIT_BYTES:
            raise Refusal(500, "request entity too large")
    if not content:
        return {}
    try:
        packing = header(request, b"content-encoding")
        return _parse_body(text_of(content, content_type=content_type, content_encoding=packing))
    except UnreadableBodyError as error:
        raise Refusal(500, str(error)) from None


def _parse_body(text: str) -> object:
    """Read a body as Express does: nothing is `{}`, and only an object or an array is welcome."""
    if not text:
        return {}
    start = len(text) - len(text.lstrip(" \t\n\r"))
    if start < len(text) and text[start] not in "{[":
        raise Refusal(500, unexpected_token(text, start))
    try:
        return parse_json(text)
    except JsonError as error:
        raise Refusal(500, str(error)) from None


def _allow_any_origin(request: Request, reply: Reply) -> None:
    reply.headers += [(b"access-control-allow-origin", sent(request, b"origin") or b"*"), *_CORS]


@lru_cache(maxsize=64)  # many a body is sent again and again
def _etag(content: bytes) -> bytes:
    digest = b2a_base64(hashlib.sha1(content, usedforsecurity=False).digest())
    return b'W/"%x-%b"' % (len(content), digest[:27])


def _is_fresh(request: Request, reply: Reply) -> bool:
    wanted = sent(request, b"if-none-match")
    if not wanted or request.method not in ("GET", "HEAD") or not 200 <= reply.status < 300:
        return False
    if b"no-cache" in sent(request, b"cache-control"):
        return False
    tag = dict(reply.headers).get(b"etag", b"").removeprefix(b"W/")
    return wanted.strip() == b"*" or tag in (each.strip().removeprefix(b"W/") for each in wanted.split(b","))


def _not_modified(reply: Reply) -> Reply:
    kept = [header for header in reply.headers if header[0] not in (b"content-type", b"content-length")]
    return Reply(status=304, headers=kept)
