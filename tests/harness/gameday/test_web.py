"""The page, route by route and role by role, over a session that only remembers what it was asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from starlette.routing import BaseRoute, Mount, Route

from harness.errors import HarnessError
from harness.events import FaultApplied, PaceChanged
from harness.gameday.debrief import Debrief
from harness.gameday.orders import ORDERS
from harness.gameday.roles import MAY, Role, Tokens, may
from harness.gameday.web import GameDayWeb
from tests.harness.gameday.visitors import AT, SECRET, FakeSession, Visitor

OPEN = {("GET", "/"), ("GET", "/static")}
"""What nobody needs a role for: the door, and what a page looks like."""

SEATS = {
    ("POST", "/join"): frozenset(Role),
    ("GET", "/desk"): MAY["look"],
    ("GET", "/events"): MAY["look"],
    **{("POST", f"/do/{action}"): roles for action, roles in MAY.items() if action in {*ORDERS, "abort"}},
    ("GET", "/debrief"): MAY["look"],
    ("GET", "/report.html"): MAY["look"],
    ("GET", "/incident.md"): MAY["look"],
    ("GET", "/retrospective"): MAY["look"],
    ("GET", "/retrospective.md"): MAY["look"],
    ("POST", "/reflect"): MAY["reflect"],
}
"""Who may use each route of a seat."""

AFTERWARDS = ("/debrief", "/report.html", "/incident.md", "/retrospective", "/retrospective.md")
FORM = {"what": "3", "text": "y", "count": "3", "speed": "2", "to": "5m"}
"""What each action finds filled in."""


def debrief() -> Debrief:
    """Take stock of a night, in a few words."""
    return Debrief({"verdict": "passed"}, "PASSED", (), (), "# Incident")


@pytest.fixture
def session(tmp_path: Path) -> FakeSession:
    return FakeSession(tmp_path)


def test_link_lets_somebody_in_and_its_token_is_kept_where_scripts_cannot_read_it(session: FakeSession) -> None:
    visitor = Visitor(session, None)
    reply = visitor.enter(f"/?token={visitor.tokens.of(Role.RESPONDER)}")
    assert reply.status_code == 200
    kept = reply.headers["set-cookie"].lower()
    assert kept.startswith("token_8080=")
    assert all(word in kept for word in ("httponly", "samesite=strict", "path=/responder;"))
    assert visitor.tokens.of(Role.RESPONDER) not in reply.text
    assert 'action="/responder/join"' in reply.text


@pytest.mark.parametrize(("link", "said"), [("/?token=guess", "not one of this game day"), ("/", "Use the link")])
def test_link_with_a_wrong_token_or_none_is_refused_and_asks_for_no_name(
    session: FakeSession, link: str, said: str
) -> None:
    reply = Visitor(session, None).enter(link)
    assert reply.status_code == 403
    assert said in reply.text
    assert "<form" not in reply.text


def test_who_joins_says_a_name(session: FakeSession) -> None:
    visitor = Visitor(session, Role.RESPONDER)
    assert visitor.post("/join", {"who": "  "}).status_code == 422
    assert visitor.post("/join", {"who": "Ana  María"}).headers["location"] == "/responder/desk"
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


def test_every_action_and_every_route_that_the_page_has_is_in_the_table(session: FakeSession) -> None:
    app = GameDayWeb(session, Tokens(), hosts=frozenset).app  # type: ignore[arg-type]
    assert {*ORDERS, "abort", "look", "reflect"} == set(MAY)
    assert set(ways(app.routes)) == {
        *OPEN,
        *((method, f"/{{seat}}{path}") for method, path in SEATS if "/do/" not in path),
        ("POST", "/{seat}/do/{action}"),
    }


def ways(routes: Iterable[BaseRoute], under: str = "") -> Iterator[tuple[str, str]]:
    """Give the method and the path of everything that can be asked."""
    for route in routes:
        if isinstance(route, Mount) and route.routes:
            yield from ways(route.routes, under + route.path)
        elif isinstance(route, Mount):
            yield "GET", under + route.path
        else:
            assert isinstance(route, Route), "a way in that the table does not know"
            yield from ((method, under + route.path) for method in (route.methods or ()) if method != "HEAD")


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("seat", Role)
@pytest.mark.parametrize(("method", "path"), SEATS)
def test_route_answers_those_who_may_at_their_own_seat_and_refuses_all_others(
    session: FakeSession, role: Role | None, seat: Role, method: str, path: str
) -> None:
    (session.directory / "report.html").write_text("the report")
    session.debrief = debrief()
    if path == "/events":
        session.over.set()  # or it would go on for ever
    visitor = Visitor(session, role, seat=seat)
    reply = visitor.get(path) if method == "GET" else visitor.post(path, FORM | {"who": "Ana", "question": "0"})
    allowed = role is seat and role in SEATS[method, path]
    assert (reply.status_code < 400) == allowed
    assert reply.status_code == 403 or allowed
    assert not session.asked or allowed


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
    assert 'action="/facilitator/do/pause"' in page


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


def test_who_has_no_token_any_more_is_told_to_use_a_link(session: FakeSession) -> None:
    reply = Visitor(session, None).post("/do/note", FORM, accept="application/json")
    assert (reply.status_code, reply.json()) == (403, {"said": "Use the link that you were given."})


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


def test_form_that_is_too_long_counts_for_nothing(session: FakeSession) -> None:
    Visitor(session, Role.RESPONDER).post("/do/note", {"text": "x" * 100_000})
    assert session.asked == [("note", "Ana", "")]


def test_debrief_is_for_everybody_once_it_is_over(session: FakeSession) -> None:
    visitor = Visitor(session, Role.OBSERVER)
    assert visitor.get("/debrief").headers["location"] == "/observer/desk"
    session.over.set()
    assert visitor.get("/desk").headers["location"] == "/observer/debrief"
    assert "balancer is gone" in visitor.get("/debrief").text
