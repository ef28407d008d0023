"""The web side of a game day: who you are, what you may do, what you see.

Rules of this file: nothing is answered to a foreign Host; nothing changes for a foreign Origin; every route asks the
role; a token comes in once, by its link, and lives in a cookie that scripts cannot read. Errors say what went wrong
with what somebody asked, and never why the system is broken.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.errors import HarnessError, ScenarioError
from harness.gameday.pages import debrief_page, desk_page, join_page, parts
from harness.gameday.roles import Role, Tokens, may
from harness.gameday.session import Session

STATIC = Path(__file__).parent / "static"
NAME_AT_MOST = 40
FRESH_SECONDS = 1.0
"""How often the desk is drawn anew, at most."""

_TOKEN, _NAME = "token", "who"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_REPORT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; sandbox allow-scripts"
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Guard:
    """Turns away who comes under a foreign name or from a foreign page, and says what a page may load."""

    def __init__(self, app: ASGIApp, *, hosts: Callable[[], frozenset[str]]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        hosts = self._hosts()
        if headers.get("host", "") not in hosts:
            await Response("this game day has another address", 421)(scope, receive, send)
            return
        if scope["method"] not in {"GET", "HEAD"} and urlsplit(headers.get("origin", "")).netloc not in hosts:
            await Response("orders are taken from this game day's own pages only", 403)(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                policy = _REPORT_POLICY if scope["path"] == "/report.html" else _POLICY
                message["headers"] += [*_HEADERS, (b"content-security-policy", policy.encode())]
            await send(message)

        await self._app(scope, receive, guarded)


class GameDayWeb:
    """The application.

    Args:
        session: the game day.
        tokens: who is who.
        hosts: under which names it may be reached, with the port.
    """

    def __init__(self, session: Session, tokens: Tokens, *, hosts: Callable[[], frozenset[str]]) -> None:
        self._session = session
        self._tokens = tokens
        self.app = Starlette(
            routes=[
                Route("/", self._enter),
                Route("/join", self._join, methods=["POST"]),
                Route("/desk", self._desk),
                Route("/events", self._events),
                Route("/do/{action}", self._do, methods=["POST"]),
                Route("/debrief", self._debrief),
                Route("/report.html", self._report),
                Mount("/static", StaticFiles(directory=STATIC)),
            ],
            middleware=[Middleware(Guard, hosts=hosts)],
        )

    # Who somebody is

    def _role(self, request: Request) -> Role | None:
        return self._tokens.role_of(request.cookies.get(_TOKEN, ""))

    def _who(self, request: Request) -> str:
        return request.cookies.get(_NAME, "").encode("latin-1", "replace").decode("utf-8", "replace")[:NAME_AT_MOST]

    async def _enter(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        if not token and self._role(request) is not None:
            return RedirectResponse("/desk", 303) if self._who(request) else HTMLResponse(join_page())
        if self._tokens.role_of(token) is None:
            return HTMLResponse(join_page(error="This link is not one of this game day. Ask for a new one."), 403)
        reply = HTMLResponse(join_page())
        reply.set_cookie(_TOKEN, token, httponly=True, samesite="strict")
        return reply

    async def _join(self, request: Request) -> Response:
        role = self._role(request)
        if role is None:
            return HTMLResponse(join_page(error="Use the link that you were given."), 403)
        who = " ".join((await _form(request)).get("who", "").split())[:NAME_AT_MOST]
        if not who:
            return HTMLResponse(join_page(error="Say who you are: the timeline wants a name."), 422)
        await run_in_threadpool(self._session.join, who, role.value)
        reply = RedirectResponse("/desk", 303)
        reply.set_cookie(_NAME, who.encode().decode("latin-1"), httponly=True, samesite="strict")
        return reply

    # What they see

    async def _desk(self, request: Request) -> Response:
        role = self._role(request)
        if not may(role, "look") or role is None:
            return HTMLResponse(join_page(error="Use the link that you were given."), 403)
        if self._session.over.is_set():
            return RedirectResponse("/debrief", 303)
        return HTMLResponse(desk_page(self._session, role, self._who(request)))

    async def _events(self, request: Request) -> Response:
        role = self._role(request)
        if role is None:
            return JSONResponse({"said": "use the link that you were given"}, 403)
        return StreamingResponse(self._stream(request, role), media_type="text/event-stream")

    async def _stream(self, request: Request, role: Role) -> AsyncIterator[str]:
        seen: dict[str, str] = {}
        while not await request.is_disconnected():
            if self._session.over.is_set():
                yield "event: over\ndata: {}\n\n"
                return
            drawn = parts(self._session, role)
            fresh = {name: html for name, html in drawn.items() if seen.get(name) != html}
            seen = drawn
            if fresh:
                yield f"event: parts\ndata: {json.dumps(fresh)}\n\n"
            await asyncio.sleep(FRESH_SECONDS)  # noqa: TID251 - of the wall, for people look at it

    async def _debrief(self, request: Request) -> Response:
        if self._role(request) is None:
            return HTMLResponse(join_page(error="Use the link that you were given."), 403)
        if not self._session.over.is_set():
            return RedirectResponse("/desk", 303)
        return HTMLResponse(debrief_page(self._session, self._session.began))

    async def _report(self, request: Request) -> Response:
        path = self._session.run.directory / "report.html"
        if self._role(request) is None or not self._session.over.is_set() or not path.is_file():
            return HTMLResponse(join_page(error="The report is there once the game day is over."), 403)
        return FileResponse(path, media_type="text/html")

    # What they do

    async def _do(self, request: Request) -> Response:
        action = request.path_params["action"]
        role, who = self._role(request), self._who(request)
        if not may(role, {"search": "tool"}.get(action, action)) or not who:
            return self._answer(request, f"{action} is not for you to do", 403)
        form = await _form(request)
        try:
            return self._answer(request, await self._done(action, who, form))
        except (ScenarioError, ValueError) as error:
            return self._answer(request, str(error), 422)
        except HarnessError as error:
            return self._answer(request, str(error), 503)

    async def _done(self, action: str, who: str, form: Mapping[str, str]) -> str:
        session, what, text = self._session, form.get("what", ""), form.get("text", "")
        if action == "abort":
            session.end()
            return "ending: healing everything and writing the reports"
        orders: Mapping[str, Callable[[], str]] = {
            "note": lambda: session.note(who, text),
            "hint": lambda: session.note(who, text, is_hint=True),
            "acknowledge": lambda: session.acknowledge(who),
            "dismiss": lambda: session.dismiss(who, text),
            "remedy": lambda: session.remedy(who, what),
            "tool": lambda: session.tool(who, what),
            "search": lambda: session.tool(who, "search logs", text),
            "inject": lambda: session.inject(what),
            "heal": lambda: session.heal(what),
            "diners": lambda: session.diners(_count(form.get("count", ""))),
        }
        return await run_in_threadpool(session.order, orders[action])

    def _answer(self, request: Request, said: str, status: int = 200) -> Response:
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"said": said}, status)
        role = self._role(request)
        if role is None:
            return HTMLResponse(join_page(error=said), status)
        return HTMLResponse(desk_page(self._session, role, self._who(request), said=said), status)


DINERS_AT_MOST = 50
FORM_BYTES_AT_MOST = 16_384


async def _form(request: Request) -> dict[str, str]:
    """Read what a form says; of a field that comes twice the last counts, and what is too long counts for nothing."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > FORM_BYTES_AT_MOST:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > DINERS_AT_MOST:
        message = f"{text!r} is not a number of diners: 0 to {DINERS_AT_MOST}."
        raise ScenarioError(message)
    return int(text)
