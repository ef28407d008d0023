"""The page, route by route and role by role, over a session that only remembers what it was asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.errors import HarnessError
from harness.events import FaultApplied, NoteTaken, PaceChanged, PageAcknowledged, PageSent, RequestFinished
from harness.gameday.board import Board
from harness.gameday.dashboards import Dashboards
from harness.gameday.debrief import Debrief
from harness.gameday.ghost import BACK, BALANCER, WHOLE, Ghost
from harness.gameday.orders import ORDERS
from harness.gameday.roles import MAY, Role, Tokens, may
from harness.gameday.stage import Waiting
from harness.gameday.stories import story
from harness.gameday.web import GameDayWeb

HOST = "127.0.0.1:8080"
AT = datetime(2024, 12, 1, 5, 24, tzinfo=UTC)
SECRET = "the_hidden_cause"
AFTERWARDS = ("/debrief", "/report.html", "/incident.md", "/retrospective", "/retrospective.md")
FORM = {"what": "3", "text": "y", "count": "3", "speed": "2", "to": "5m"}
"""What each action finds filled in."""


class FakeSession:
    """What the web side needs of a session."""

    def __init__(self, directory: Path) -> None:
        self.board = Board()
        self.dashboards = Dashboards()
        self.ghost = Ghost()
        self.story = story("incident", seed=1)
        self.directory = directory
        self.over = threading.Event()
        self.debrief: Debrief | None = None
        self.trouble = "it was not judged"
        self.now = AT
        self.lived = timedelta()
        self.pace = "speed 1"
        self.waiting = (Waiting(1, AT, SECRET),)
        self.takes = frozenset({*ORDERS, "abort"})
        self.asked: list[tuple[str, ...]] = []

    def order(self, action: Callable[[], str]) -> str:
        return action()

    def end(self) -> None:
        self.asked.append(("end",))

    def __getattr__(self, name: str) -> Callable[..., str]:
        def take(*words: object, **more: object) -> str:
            self.asked.append((name, *map(str, words), *map(str, more.values())))
            return f"{name} was asked"

        return take


def debrief() -> Debrief:
    """Take stock of a night, in a few words."""
    return Debrief({"verdict": "passed"}, "PASSED", (), (), "# Incident")


@pytest.fixture
def session(tmp_path: Path) -> FakeSession:
    return FakeSession(tmp_path)


class Visitor:
    """A browser with a role, or without."""

    def __init__(self, session: FakeSession, role: Role | None, *, name: str = "Ana") -> None:
        self.tokens = Tokens()
        self._app = GameDayWeb(session, self.tokens, hosts=lambda: frozenset({HOST})).app  # type: ignore[arg-type]
        self.cookies = {"token": self.tokens.of(role), "who": name} if role else {}

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._ask("GET", path, headers=headers)

    def post(self, path: str, data: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        return self._ask("POST", path, data=data or {}, headers={"origin": f"http://{HOST}", **headers})

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(
                transport=transport, base_url=f"http://{HOST}", cookies=self.cookies
            ) as client:
                return await client.request(method, path, **more)

        return asyncio.run(asked())


def test_link_lets_somebody_in_and_its_token_is_kept_where_scripts_cannot_read_it(session: FakeSession) -> None:
    visitor = Visitor(session, None)
    reply = visitor.get(f"/?token={visitor.tokens.of(Role.RESPONDER)}")
    assert reply.status_code == 200
    assert "httponly" in reply.headers["set-cookie"].lower()
    assert "samesite=strict" in reply.headers["set-cookie"].lower()
    assert visitor.tokens.of(Role.RESPONDER) not in reply.text


def test_link_with_a_wrong_token_is_refused(session: FakeSession) -> None:
    assert Visitor(session, None).get("/?token=guess").status_code == 403


def test_who_joins_says_a_name(session: FakeSession) -> None:
    visitor = Visitor(session, Role.RESPONDER)
    assert visitor.post("/join", {"who": "  "}).status_code == 422
    assert visitor.post("/join", {"who": "Ana  María"}).headers["location"] == "/desk"
    assert session.asked == [("join", "Ana María", "responder")]


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("action", [*ORDERS, "abort"])
def test_each_action_is_taken_from_those_who_may_and_refused_to_others(
    session: FakeSession, role: Role | None, action: str
) -> None:
    reply = Visitor(session, role).post(f"/do/{action}", FORM)
    allowed = may(role, action)
    assert reply.status_code == (200 if allowed else 403)
    assert bool(session.asked) == allowed


def test_every_action_and_every_route_there_is_was_tried_with_every_role(session: FakeSession) -> None:
    assert {*ORDERS, "abort", "look", "reflect"} == set(MAY)
    app = GameDayWeb(session, Tokens(), hosts=frozenset).app  # type: ignore[arg-type]
    open_to_all = {"/", "/join", "/static"}
    tried = {"/desk", "/events", "/do/{action}", "/reflect", *AFTERWARDS}
    assert {getattr(route, "path", "") for route in app.routes} == open_to_all | tried


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("path", AFTERWARDS)
def test_what_comes_afterwards_is_for_everybody_with_a_token_and_for_nobody_before(
    session: FakeSession, role: Role | None, path: str
) -> None:
    (session.directory / "report.html").write_text("the report")
    visitor = Visitor(session, role)
    assert visitor.get(path).status_code == (303 if role else 403)
    session.over.set()
    session.debrief = debrief()
    assert visitor.get(path).status_code == (200 if role else 403)


@pytest.mark.parametrize("role", [*Role, None])
def test_players_answer_the_retrospective_once_it_is_over_and_observers_read_it(
    session: FakeSession, role: Role | None
) -> None:
    visitor, filled = Visitor(session, role), {"question": "0", "text": "we took it for <DNS>"}
    assert visitor.post("/reflect", filled).status_code == (303 if role else 403)
    session.over.set()
    assert visitor.post("/reflect", filled).status_code == (303 if may(role, "reflect") else 403)
    shown = Visitor(session, Role.OBSERVER).get("/retrospective").text
    assert ("we took it for &lt;DNS&gt;" in shown) == may(role, "reflect")
    assert "<textarea" not in shown


def test_answer_to_a_question_that_there_is_not_is_refused_on_the_page(session: FakeSession) -> None:
    session.over.set()
    reply = Visitor(session, Role.RESPONDER).post("/reflect", {"question": "99", "text": "x"})
    assert reply.status_code == 422
    assert "there is no question" in reply.text


def test_nothing_that_touches_the_system_is_done_while_time_stands_still(session: FakeSession) -> None:
    session.board.hear(PaceChanged(at=AT, by="Bo", speed=0.0))
    responder, facilitator = Visitor(session, Role.RESPONDER), Visitor(session, Role.FACILITATOR)
    refused = responder.post("/do/remedy", FORM)
    assert refused.status_code == 422
    assert "time stands still" in refused.text
    assert facilitator.post("/do/inject", FORM).status_code == 422
    assert not session.asked
    assert responder.post("/do/note", FORM).status_code == 200
    assert facilitator.post("/do/resume", FORM).status_code == 200


def test_order_that_this_game_day_cannot_carry_out_is_refused_and_has_no_form(session: FakeSession) -> None:
    session.takes = frozenset({"pause"})
    visitor = Visitor(session, Role.FACILITATOR)
    assert visitor.post("/do/inject", FORM).status_code == 422
    page = visitor.get("/desk").text
    assert "/do/inject" not in page
    assert "/do/pause" in page


@pytest.mark.parametrize(
    ("action", "wrong"),
    [
        ("inject", {"after": "soon"}),
        ("cancel", {"what": "the first"}),
        ("speed", {"speed": "fast"}),
        ("jump", {"to": "-5m"}),
    ],
)
def test_order_that_is_filled_in_wrongly_is_refused_with_what_was_written(
    session: FakeSession, action: str, wrong: dict[str, str]
) -> None:
    reply = Visitor(session, Role.FACILITATOR).post(f"/do/{action}", wrong, accept="application/json")
    assert reply.status_code == 422
    assert repr(next(iter(wrong.values()))) in reply.json()["said"]
    assert not session.asked


def test_inject_on_schedule_is_asked_with_its_delay(session: FakeSession) -> None:
    Visitor(session, Role.FACILITATOR).post("/do/inject", {"what": "task_killed", "after": "5m"})
    assert session.asked == [("inject", "task_killed", "0:05:00")]


@pytest.mark.parametrize("path", ["/desk", "/events", *AFTERWARDS])
def test_who_has_no_token_sees_nothing(session: FakeSession, path: str) -> None:
    assert Visitor(session, None).get(path).status_code == 403


@pytest.mark.parametrize("role", [Role.RESPONDER, Role.OBSERVER])
@pytest.mark.parametrize("path", ["/desk", *AFTERWARDS, "/do/inject", "/do/remedy", "/do/jump"])
def test_cause_is_hidden_from_everybody_but_the_facilitator(session: FakeSession, role: Role, path: str) -> None:
    session.board.hear(FaultApplied(at=AT, fault=SECRET, id=f"{SECRET}-1", target="ingress", sees=SECRET))
    (session.directory / "report.html").write_text(SECRET)
    visitor = Visitor(session, role)
    reply = visitor.post(path) if path.startswith("/do/") else visitor.get(path)
    assert SECRET not in reply.text
    assert "balancer is gone" not in reply.text
    assert SECRET in Visitor(session, Role.FACILITATOR).get("/desk").text


def test_ghost_names_to_nobody_what_the_team_has_not_done_yet(session: FakeSession) -> None:
    session.ghost.hear(PageSent(at=AT, page="p", responder="Ana", level=1, channel="pager", alerts=["x"]))
    session.ghost.hear(PageAcknowledged(at=AT, page="p", responder="Ana"))
    page = Visitor(session, Role.RESPONDER).get("/desk").text
    assert "took a page" in page
    assert not any(deed in page for deed in (BALANCER, BACK, WHOLE))


def test_trouble_of_an_order_is_told_as_it_is_and_is_no_crash(session: FakeSession) -> None:
    def fails(_action: object) -> str:
        message = "the order could not be carried out."
        raise HarnessError(message)

    session.order = fails  # type: ignore[method-assign, assignment]
    reply = Visitor(session, Role.RESPONDER).post("/do/remedy", {"what": "push"}, accept="application/json")
    assert (reply.status_code, reply.json()) == (503, {"said": "the order could not be carried out."})


@pytest.mark.parametrize("count", ["51", "-1", "many", ""])
def test_number_of_diners_is_bounded(session: FakeSession, count: str) -> None:
    reply = Visitor(session, Role.FACILITATOR).post("/do/diners", {"count": count})
    assert reply.status_code == 422
    assert not session.asked


def test_foreign_host_and_foreign_origin_are_turned_away(session: FakeSession) -> None:
    visitor = Visitor(session, Role.FACILITATOR)
    assert visitor.get("/desk", host="evil.test").status_code == 421
    assert visitor.post("/do/abort", origin="http://evil.test").status_code == 403
    assert visitor.post("/do/abort", origin="null").status_code == 403
    assert not session.asked


def test_every_page_forbids_inline_scripts_and_foreign_frames(session: FakeSession) -> None:
    policy = Visitor(session, Role.RESPONDER).get("/desk").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy


def test_whatever_came_from_outside_is_escaped(session: FakeSession) -> None:
    bad = "<script>alert(1)</script>"
    session.board.hear(NoteTaken(at=AT, by=bad, text=bad))
    session.board.hear(PageSent(at=AT, page=bad, responder=bad, level=1, channel="pager", alerts=[bad]))
    session.board.hear(
        RequestFinished(
            at=AT, diner=bad, operation=bad, method="GET", path="/", address="", started=AT, latency_seconds=0,
            outcome="failed", error=bad,
        )
    )  # fmt: skip
    session.board.people[bad] = "responder"
    page = Visitor(session, Role.RESPONDER, name=bad).get("/desk").text
    assert bad not in page
    assert page.count("&lt;script&gt;") >= 5


def test_form_that_is_too_long_counts_for_nothing(session: FakeSession) -> None:
    Visitor(session, Role.RESPONDER).post("/do/note", {"text": "x" * 100_000})
    assert session.asked == [("note", "Ana", "")]


def test_debrief_is_for_everybody_once_it_is_over(session: FakeSession) -> None:
    visitor = Visitor(session, Role.OBSERVER)
    assert visitor.get("/debrief").headers["location"] == "/desk"
    session.over.set()
    assert visitor.get("/desk").headers["location"] == "/debrief"
    assert "balancer is gone" in visitor.get("/debrief").text
