"""The control API: Toxiproxy's, so that its clients and its command line drive our links unchanged.

Routes, bodies, statuses and quirks are those of Toxiproxy 2.12.0, also that refusals are JSON under the content type
text/plain. It is not for browsers: whoever looks like one is refused, as there.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.errors import SafetyError
from harness.links import bodies, metrics
from harness.links.links import Links
from harness.links.refusals import Refused, bad_body
from harness.links.running import RunningLink

VERSION = "2.12.0"
"""Of the Toxiproxy that we answer like; clients choose their verbs by it."""

API = "control API"
"""Who it is, for the history."""

MOST_BODY_BYTES = 1024 * 1024
"""A longer request body is refused."""

Endpoint = Callable[[Request], Awaitable[Response]]


def control_app(links: Links, *, token: str = "") -> Starlette:
    """Make the application that controls these links over HTTP.

    Args:
        links: what it controls.
        token: what a caller has to send as `Authorization: Bearer …`; "" for nothing, on loopback only.

    Evidence: what the links record.
    """
    app = Starlette(
        routes=_Routes(links).all(),
        middleware=[Middleware(_Guard, token=token)],
        exception_handlers={404: _not_found, 405: _wrong_verb},
    )
    app.router.redirect_slashes = False
    return app


def _answering(endpoint: Callable[[Any, Request], Awaitable[Response]]) -> Any:  # noqa: ANN401 - a method either way
    """Turn what was refused into an answer."""

    @wraps(endpoint)
    async def answering(self: object, request: Request) -> Response:
        try:
            return await endpoint(self, request)
        except Refused as refusal:
            return _refusal(refusal)
        except SafetyError as error:
            return _refusal(Refused(str(error), status=403))

    return answering


class _Routes:
    def __init__(self, links: Links) -> None:
        self._links = links

    def all(self) -> list[Route]:
        """List every route."""
        link, toxic = "/proxies/{proxy}", "/proxies/{proxy}/toxics/{toxic}"
        return [
            Route("/proxies", self.list_links, methods=["GET"]),
            Route("/proxies", self.create_link, methods=["POST"]),
            Route(link, self.show_link, methods=["GET"]),
            Route(link, self.update_link, methods=["PATCH", "POST"]),
            Route(link, self.delete_link, methods=["DELETE"]),
            Route(f"{link}/toxics", self.list_toxics, methods=["GET"]),
            Route(f"{link}/toxics", self.create_toxic, methods=["POST"]),
            Route(toxic, self.show_toxic, methods=["GET"]),
            Route(toxic, self.update_toxic, methods=["PATCH", "POST"]),
            Route(toxic, self.delete_toxic, methods=["DELETE"]),
            Route(f"{toxic}/hits", self.show_hits, methods=["GET"]),
            Route("/populate", self.populate, methods=["POST"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/version", self.version, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]

    async def list_links(self, _request: Request) -> Response:
        by_name = sorted(self._links.all, key=lambda link: link.name)
        return JSONResponse({link.name: bodies.link_json(link) for link in by_name})

    @_answering
    async def create_link(self, request: Request) -> Response:
        settings, toxics = bodies.read_link(await _body(request))
        return JSONResponse(bodies.link_json(await self._links.create(settings, toxics, by=API)), status_code=201)

    @_answering
    async def show_link(self, request: Request) -> Response:
        return JSONResponse(bodies.link_json(self._link(request)))

    @_answering
    async def update_link(self, request: Request) -> Response:
        link = self._link(request)
        settings = bodies.read_link_update(await _body(request), link)
        return JSONResponse(bodies.link_json(await self._links.update(link.name, settings, by=API)))

    @_answering
    async def delete_link(self, request: Request) -> Response:
        await self._links.remove(request.path_params["proxy"], by=API)
        return Response(status_code=204)

    @_answering
    async def list_toxics(self, request: Request) -> Response:
        return JSONResponse([bodies.toxic_json(toxic) for toxic in self._link(request).link.toxics])

    @_answering
    async def create_toxic(self, request: Request) -> Response:
        link = self._link(request)
        toxic = bodies.read_toxic(await _body(request))
        link.add(toxic)
        return JSONResponse(bodies.toxic_json(toxic))  # 200, though one was created

    @_answering
    async def show_toxic(self, request: Request) -> Response:
        return JSONResponse(bodies.toxic_json(self._link(request).toxic(request.path_params["toxic"])))

    @_answering
    async def update_toxic(self, request: Request) -> Response:
        link = self._link(request)
        body = await _body(request)
        change = bodies.read_toxic_update(body, link.toxic(request.path_params["toxic"]))
        link.change(change, by=API)
        return JSONResponse(bodies.toxic_json(link.toxic(change.name)))

    @_answering
    async def delete_toxic(self, request: Request) -> Response:
        self._link(request).remove(request.path_params["toxic"], by=API)
        return Response(status_code=204)

    @_answering
    async def show_hits(self, request: Request) -> Response:
        return JSONResponse(bodies.hits_json(self._link(request), request.path_params["toxic"]))

    async def populate(self, request: Request) -> Response:
        made: list[RunningLink] = []
        answer: dict[str, Any] = {}
        status = 201
        try:
            await self._links.populate(bodies.read_links(await _body(request)), made=made, by=API)
        except (Refused, SafetyError) as error:
            refusal = error if isinstance(error, Refused) else Refused(str(error), status=403)
            answer, status = bodies.refusal_json(refusal), refusal.status
        answer["proxies"] = [bodies.link_json(link) for link in made] or None
        return JSONResponse(answer, status_code=status)  # JSON by name too, alone among the refusals

    @_answering
    async def reset(self, _request: Request) -> Response:
        await self._links.reset()
        return Response(status_code=204)

    async def version(self, _request: Request) -> Response:
        return Response(f'{{"version": "{VERSION}"}}\n', media_type="application/json;charset=utf-8")

    async def metrics(self, _request: Request) -> Response:
        return Response(metrics.exposition(self._links.all), headers={"content-type": metrics.CONTENT_TYPE})

    def _link(self, request: Request) -> RunningLink:
        return self._links[request.path_params["proxy"]]


class _Guard:
    """Refuses browsers, and so every page that a browser was lured to; numbers the rest."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        if headers.get("user-agent", "").startswith("Mozilla/") or "origin" in headers:
            await _text("User agent not allowed\n", status=403)(scope, receive, send)
        elif not self._knows(headers.get("authorization", "")):
            await _refusal(Refused("send the token as 'Authorization: Bearer …'", status=401))(scope, receive, send)
        else:
            await self._app(scope, receive, _numbered(send))

    def _knows(self, authorization: str) -> bool:
        expected = f"Bearer {self._token}"
        return not self._token or secrets.compare_digest(authorization.encode(), expected.encode())


def _numbered(send: Send) -> Send:
    async def numbered(message: Message) -> None:
        if message["type"] == "http.response.start":
            number = (b"x-toxiproxy-request-id", secrets.token_hex(10).encode())
            message["headers"] = [*message["headers"], number]
        await send(message)

    return numbered


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BODY_BYTES:
                message = f"bad request body: more than {MOST_BODY_BYTES} bytes"
                raise Refused(message, status=413)
    except ClientDisconnect:
        raise bad_body("unexpected EOF") from None
    except asyncio.CancelledError:  # by a server that is told to end, while half of a request has come
        message = "the control API is ending"
        raise Refused(message, status=503) from None
    return bytes(body)


def _refusal(refusal: Refused) -> Response:
    written = JSONResponse(bodies.refusal_json(refusal)).body
    return _text(bytes(written).decode() + "\n", status=refusal.status)


def _text(text: str, *, status: int) -> Response:
    return PlainTextResponse(text, status_code=status, headers={"x-content-type-options": "nosniff"})


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _text("404 page not found\n", status=404)


async def _wrong_verb(_request: Request, _error: Exception) -> Response:
    return Response(status_code=405)
