"""The manners of an Express 4 program: routing, body parsing, CORS, ETags and error bodies, as one ASGI application."""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fake_factory.body import BODY_LIMIT_BYTES, UnreadableBodyError, text_of
from fake_factory.javascript import JsonError, decode_param, dump_json, parse_json
from fake_factory.json_syntax import unexpected_token

JSON = "application/json; charset=utf-8"
"""What the body of most replies is."""
EMPTY_TAG = 'W/"0-2jmj7l5rSw0yVb/vlWAYkK/YBwk"'
"""The ETag of nothing."""
_BEARER = re.compile("bearer ", re.IGNORECASE)


class Refusal(Exception):
    """A request that is answered with an error status and a `message`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def reply(self) -> Response:
        """Make the reply that tells the client."""
        return json_reply({"message": self.message}, status=self.status)


class Call(msgspec.Struct, frozen=True):  # a Struct is made in a fifth of the time, and each request makes one
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
        return _BEARER.sub("", header(self.request, b"authorization") or "", count=1)


Handler = Callable[[Call], Awaitable[Response]]


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
        response = await self._respond(request)
        response.raw_headers.append((b"x-powered-by", b"Express"))
        if scope.get("http_version") == "1.1" and (header(request, b"connection") or "").lower() != "close":
            # Node's limit, as it tells it; the socket is in truth kept for longer, which no client notices.
            response.raw_headers += [(b"connection", b"keep-alive"), (b"keep-alive", b"timeout=5")]
        if _is_fresh(request, response):
            response = _not_modified(response)
        await response(scope, receive, send)

    def _match(self, path: str) -> tuple[Route, ...]:
        return tuple(route for route in self._routes if route.pattern.fullmatch(path))

    async def _respond(self, request: Request) -> Response:
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
                response = _unanswered(request, path, matching)
            else:
                response = await chosen.handler(Call(request, chosen.params(path), body))
        except Refusal as refusal:
            response = refusal.reply()
        _allow_any_origin(request, response)
        return response


def header(request: Request, name: bytes) -> str | None:
    """Give a header of a request, named in small letters; None when it was not sent."""
    for key, value in request.scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


def json_reply(body: object, *, status: int = 200) -> Response:
    """Answer with JSON, compact and with an ETag."""
    content = dump_json(body)
    return Response(content, status, {"ETag": _etag(content)}, JSON)


def text_reply(text: str, *, media_type: str = "text/html", headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a text, an empty one included."""
    content = text.encode(errors="replace")
    return Response(content, headers={"ETag": _etag(content), **(headers or {})}, media_type=media_type)


def empty_reply(*, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with nothing but a status, and headers."""
    return Response(status_code=status, headers=headers)


def _raw_path(scope: Scope) -> str:
    # The escaped path: an escaped slash belongs to a placeholder's value.
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.decode("latin-1")


def _unanswered(request: Request, path: str, matching: Sequence[Route]) -> Response:
    """Tell which methods a known path has, if that was the question; else that there is no such endpoint."""
    # A router of Express answers this by itself; what is routed by none of them is not known to have methods.
    if request.method == "OPTIONS" and matching and path.lower().startswith("/api/"):
        allowed = ",".join(dict.fromkeys(method for route in matching for method in route.methods))
        return text_reply(allowed, headers={"Allow": allowed})
    _decoded(path)
    raise Refusal(404, "unknown endpoint")


def _decoded(escaped: str) -> str:
    try:
        return decode_param(escaped)
    except ValueError as error:
        raise Refusal(500, str(error)) from None


async def _read_body(request: Request) -> object:
    content_type = header(request, b"content-type") or ""
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
        packing = header(request, b"content-encoding") or ""
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


def _allow_any_origin(request: Request, response: Response) -> None:
    response.raw_headers += [
        (b"access-control-allow-origin", (header(request, b"origin") or "*").encode("latin-1")),
        (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
        (b"access-control-allow-headers", b"Content-Type, Authorization"),
        (b"access-control-allow-credentials", b"true"),
    ]


@lru_cache(maxsize=64)  # many a body is sent again and again
def _etag(content: bytes) -> str:
    digest = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
    return f'W/"{len(content):x}-{digest[:27]}"'


def _is_fresh(request: Request, response: Response) -> bool:
    wanted = header(request, b"if-none-match")
    if wanted is None or request.method not in ("GET", "HEAD") or not 200 <= response.status_code < 300:
        return False
    if "no-cache" in (header(request, b"cache-control") or ""):
        return False
    tag = response.headers.get("etag", "").removeprefix("W/")
    return wanted.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in wanted.split(","))


def _not_modified(response: Response) -> Response:
    kept = {name: value for name, value in response.headers.items() if name not in ("content-type", "content-length")}
    return Response(status_code=304, headers=kept)
