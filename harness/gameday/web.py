"""The web side of a game day: who you are, what you may do, what you see.

Rules of this file: nothing is answered to a foreign Host; nothing changes for a foreign Origin; every route asks the
role; a token comes in once, by its link, and lives in a cookie that scripts cannot read. Errors say what went wrong
with what somebody asked, and never why the system is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.errors import HarnessError, ScenarioError
from harness.gameday.broadcast import Broadcast
from harness.gameday.orders import carry_out
from harness.gameday.pages import debrief_page, desk_page, join_page, parts, retrospective_page
from harness.gameday.retrospective import Retrospective
from harness.gameday.roles import Role, Tokens, may
from harness.gameday.stage import Stage

STATIC = Path(__file__).parent / "static"
NAME_AT_MOST = 40
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
        day: the game day, or a recorded one.
        tokens: who is who.
        hosts: under which names it may be reached, with the port.
    """

    def __init__(self, day: Stage, tokens: Tokens, *, hosts: Callable[[], frozenset[str]]) -> None:
        self._day = day
        self._tokens = tokens
        self._retrospective = Retrospective(day.directory)
        self._broadcast = Broadcast(lambda role: parts(day, role), version=lambda: day.board.version)
        self.app = Starlette(
            routes=[
                Route("/", self._enter),
                Route("/join", self._join, methods=["POST"]),
                Route("/desk", self._desk),
                Route("/events", self._events),
                Route("/do/{action}", self._do, methods=["POST"]),
                Route("/debrief", self._debrief),
                Route("/report.html", self._report),
                Route("/incident.md", self._incident),
                Route("/retrospective", self._retro),
                Route("/retrospective.md", self._retro_kept),
                Route("/reflect", self._reflect, methods=["POST"]),
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
        await run_in_threadpool(self._day.join, who, role.value)
        reply = RedirectResponse("/desk", 303)
        reply.set_cookie(_NAME, who.encode().decode("latin-1"), httponly=True, samesite="strict")
        return reply

    # What they see

    async def _desk(self, request: Request) -> Response:
        role = self._role(request)
        if not may(role, "look") or role is None:
            return HTMLResponse(join_page(error="Use the link that you were given."), 403)
        if self._day.over.is_set():
            return RedirectResponse("/debrief", 303)
        return HTMLResponse(desk_page(self._day, role, self._who(request)))

    async def _events(self, request: Request) -> Response:
        role = self._role(request)
        if role is None:
            return JSONResponse({"said": "use the link that you were given"}, 403)
        stream = self._broadcast.follow(role, over=self._day.over.is_set)
        return StreamingResponse(stream, media_type="text/event-stream")

    # What is there once it is over

    def _too_early(self, request: Request) -> Response | None:
        if self._role(request) is None:
            return HTMLResponse(join_page(error="Use the link that you were given."), 403)
        if not self._day.over.is_set() and self._day.debrief is None:
            return RedirectResponse("/desk", 303)
        return None

    async def _debrief(self, request: Request) -> Response:
        return self._too_early(request) or HTMLResponse(debrief_page(self._day))

    async def _report(self, request: Request) -> Response:
        path = self._day.directory / "report.html"
        if early := self._too_early(request):
            return early
        if not path.is_file():
            return HTMLResponse(join_page(error="There is no report: the game day was not judged."), 404)
        return FileResponse(path, media_type="text/html")

    async def _incident(self, request: Request) -> Response:
        if early := self._too_early(request):
            return early
        if self._day.debrief is None:
            return HTMLResponse(join_page(error="There is no report: the game day was not judged."), 404)
        return PlainTextResponse(self._day.debrief.incident, media_type="text/markdown")

    async def _retro(self, request: Request) -> Response:
        return self._too_early(request) or HTMLResponse(self._retro_page(request))

    async def _retro_kept(self, request: Request) -> Response:
        kept = PlainTextResponse(self._retrospective.markdown(), media_type="text/markdown")
        return self._too_early(request) or kept

    async def _reflect(self, request: Request) -> Response:
        early, who = self._too_early(request), self._who(request)
        if early:
            return early
        if not may(self._role(request), "reflect") or not who:
            return HTMLResponse(self._retro_page(request, said="answering is not for you to do"), 403)
        form = await _form(request)
        try:
            self._retrospective.answer(form.get("question", ""), by=who, text=form.get("text", ""))
        except ScenarioError as error:
            return HTMLResponse(self._retro_page(request, said=str(error)), 422)
        return RedirectResponse("/retrospective", 303)

    def _retro_page(self, request: Request, *, said: str = "") -> str:
        may_answer = may(self._role(request), "reflect") and bool(self._who(request))
        return retrospective_page(self._retrospective, may_answer=may_answer, said=said)

    # What they do

    async def _do(self, request: Request) -> Response:
        action = request.path_params["action"]
        role, who = self._role(request), self._who(request)
        if not may(role, action) or not who:
            return self._answer(request, f"{action} is not for you to do", 403)
        form = await _form(request)
        try:
            said = await run_in_threadpool(carry_out, self._day, action, who=who, form=form)
            return self._answer(request, said)
        except (ScenarioError, ValueError) as error:
            return self._answer(request, str(error), 422)
        except HarnessError as error:
            return self._answer(request, str(error), 503)

    def _answer(self, request: Request, said: str, status: int = 200) -> Response:
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"said": said}, status)
        role = self._role(request)
        if role is None:
            return HTMLResponse(join_page(error=said), status)
        return HTMLResponse(desk_page(self._day, role, self._who(request), said=said), status)


FORM_BYTES_AT_MOST = 16_384


async def _form(request: Request) -> dict[str, str]:
    """Read what a form says; of a field that comes twice the last counts, and what is too long counts for nothing."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > FORM_BYTES_AT_MOST:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
