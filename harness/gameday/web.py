"""The web side of a game day: who you are, what you may do, what you see.

Rules of this file: nothing is answered to a foreign Host; nothing changes for a foreign Origin; every route asks the
role; a token comes in once, by its link, and lives in a cookie that scripts cannot read. Each role has a seat of its
own, `/responder/desk`, whose cookie goes nowhere else: one browser can hold several roles, and several game days.
Errors say what went wrong with what somebody asked, and never why the system is broken.
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
from starlette.routing import BaseRoute, Mount, Route
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
TOKEN, NAME = "token", "who"
"""What the two cookies of a seat are called, before the port."""

_REPORTS = frozenset(f"/{role}/report.html" for role in Role)
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
                policy = _REPORT_POLICY if scope["path"] in _REPORTS else _POLICY
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
        self.app = Starlette(routes=self._routes(), middleware=[Middleware(Guard, hosts=hosts)])

    def _routes(self) -> list[BaseRoute]:
        seat = [
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
        ]
        static = Mount("/static", StaticFiles(directory=STATIC))
        return [Route("/", self._enter), static, Mount("/{seat}", routes=seat)]

    # Who somebody is

    def _role(self, request: Request) -> Role | None:
        role = self._tokens.role_of(request.cookies.get(cookie(TOKEN, request), ""))
        return role if role == request.path_params["seat"] else None

    def _who(self, request: Request) -> str:
        name = request.cookies.get(cookie(NAME, request), "")
        return name.encode("latin-1", "replace").decode("utf-8", "replace")[:NAME_AT_MOST]

    async def _enter(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        role = self._tokens.role_of(token)
        if role is None:
            wrong = "This link is not one of this game day. Ask for a new one."
            return HTMLResponse(join_page(error=wrong if token else LINK_PLEASE), 403)
        # Answered at once: a browser that follows a link from elsewhere sends no strict cookie after a redirect.
        reply = HTMLResponse(join_page(role))
        _keep(reply, cookie(TOKEN, request), token, role=role)
        return reply

    async def _join(self, request: Request) -> Response:
        role = self._role(request)
        if role is None:
            return _stranger()
        who = " ".join((await _form(request)).get("who", "").split())[:NAME_AT_MOST]
        if not who:
            return HTMLResponse(join_page(role, error="Say who you are: the timeline wants a name."), 422)
        await run_in_threadpool(self._day.join, who, role.value)
        reply = _to("desk", request)
        _keep(reply, cookie(NAME, request), who.encode().decode("latin-1"), role=role)
        return reply

    # What they see

    async def _desk(self, request: Request) -> Response:
        role = self._role(request)
        if role is None or not may(role, "look"):
            return _stranger()
        if self._day.over.is_set():
            return _to("debrief", request)
        return HTMLResponse(desk_page(self._day, role, self._who(request)))

    async def _events(self, request: Request) -> Response:
        role = self._role(request)
        if role is None:
            return JSONResponse({"said": LINK_PLEASE}, 403)
        stream = self._broadcast.follow(role, over=self._day.over.is_set)
        return StreamingResponse(stream, media_type="text/event-stream")

    # What is there once it is over

    def _too_early(self, request: Request) -> Response | None:
        if self._role(request) is None:
            return _stranger()
        if not self._day.over.is_set() and self._day.debrief is None:
            return _to("desk", request)
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
        return _to("retrospective", request)

    def _retro_page(self, request: Request, *, said: str = "") -> str:
        may_answer = may(self._role(request), "reflect") and bool(self._who(request))
        return retrospective_page(self._retrospective, may_answer=may_answer, said=said)

    # What they do

    async def _do(self, request: Request) -> Response:
        action = request.path_params["action"]
        role, who = self._role(request), self._who(request)
        if role is None or not who:
            return self._answer(request, LINK_PLEASE, 403)
        if not may(role, action):
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
            return _stranger()
        return HTMLResponse(desk_page(self._day, role, self._who(request), said=said), status)


LINK_PLEASE = "Use the link that you were given."


def cookie(name: str, request: Request) -> str:
    """Say what a cookie is called here: browsers tell hosts apart, and not the ports of one."""
    return f"{name}_{request.url.port}"


def _keep(reply: Response, name: str, value: str, *, role: Role) -> None:
    reply.set_cookie(name, value, path=f"/{role}", httponly=True, samesite="strict")


def _to(page: str, request: Request) -> Response:
    return RedirectResponse(f"/{request.path_params['seat']}/{page}", 303)


def _stranger() -> Response:
    return HTMLResponse(join_page(error=LINK_PLEASE), 403)


FORM_BYTES_AT_MOST = 16_384


async def _form(request: Request) -> dict[str, str]:
    """Read what a form says; of a field that comes twice the last counts, and what is too long counts for nothing."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > FORM_BYTES_AT_MOST:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
