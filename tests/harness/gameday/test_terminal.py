"""The desk in a terminal, over a session that only remembers what it was asked."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from harness.errors import ScenarioError
from harness.events import AlertChanged, NoteTaken, PageAcknowledged, PageSent, PanelsRead
from harness.gameday.terminal import COMMANDS, SPARKS, Desk, order_of, require_terminal, sparks
from tests.harness.gameday.visitors import AT, SECRET, FakeSession


@pytest.fixture
def session(tmp_path: Path) -> FakeSession:
    return FakeSession(tmp_path)


@pytest.fixture
def desk(session: FakeSession) -> Desk:
    made = Desk(session)  # type: ignore[arg-type]
    typed(made, "Ana\n")
    session.asked.clear()
    return made


def typed(desk: Desk, keys: str) -> None:
    for key in keys:
        desk.press(key)


def shown(desk: Desk, *, width: int = 160) -> str:
    paper = io.StringIO()
    Console(file=paper, width=width, height=60, force_terminal=False).print(desk.drawn())
    return paper.getvalue()


def test_first_line_is_a_name_and_lets_somebody_in(session: FakeSession) -> None:
    desk = Desk(session)  # type: ignore[arg-type]
    assert "Your name" in shown(desk)
    typed(desk, "Ana\n")
    assert session.asked == [("join", "Ana", "responder")]
    assert "Ana> " in shown(desk)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("ack", ("acknowledge", "Ana")),
        ("escalate", ("escalate", "Ana")),
        ("dismiss not now", ("dismiss", "Ana", "not now")),
        ("note it is  DNS", ("note", "Ana", "it is  DNS")),
        ("look describe load balancers", ("tool", "Ana", "describe load balancers")),
        ("logs order 500", ("search", "Ana", "order 500")),
        ("do update DNS", ("remedy", "Ana", "update DNS")),
        ("DO push", ("remedy", "Ana", "push")),
    ],
)
def test_line_becomes_the_order_of_the_page(
    desk: Desk, session: FakeSession, line: str, asked: tuple[str, ...]
) -> None:
    typed(desk, f"{line}\n")
    assert session.asked == [asked]
    assert desk.said == f"{asked[0]} was asked"


def test_every_command_is_one_of_a_responder_and_is_explained(desk: Desk) -> None:
    for name in COMMANDS:
        assert order_of(f"{name} x") is not None
        assert name in desk.said


@pytest.mark.parametrize("line", ["inject task_killed", "abort", "lever", "what?"])
def test_line_that_is_no_command_of_a_responder_does_nothing_and_shows_help(
    desk: Desk, session: FakeSession, line: str
) -> None:
    typed(desk, f"{line}\n")
    assert not session.asked
    assert "is no command" in desk.said


def test_links_that_the_desk_hides_are_shown_when_asked_for(session: FakeSession) -> None:
    desk = Desk(session, ["observer: http://127.0.0.1:1/?token=x"])  # type: ignore[arg-type]
    typed(desk, "Ana\nlinks\n")
    assert "http://127.0.0.1:1/?token=x" in shown(desk)


def test_backspace_takes_back_and_other_keys_do_nothing(desk: Desk, session: FakeSession) -> None:
    typed(desk, "acl\x7fk\x1b\x00\r")
    assert session.asked == [("acknowledge", "Ana")]
    typed(desk, "   \n")
    assert len(session.asked) == 1


def test_desk_shows_what_the_page_shows_and_never_the_cause(desk: Desk, session: FakeSession) -> None:
    session.board.hear(PageSent(at=AT, page="p", responder="Ana", level=1, channel="pager", alerts=["Heartbeat"]))
    session.board.hear(
        AlertChanged(at=AT, rule="CPUHigh", labels={}, previous="inactive", state="no data", reason="no data")
    )
    session.board.hear(NoteTaken(at=AT, by="Bo", text="[red]look[/red] \x1b[2J"))
    session.dashboards.hear(PanelsRead(values={"active users": 7.0}))
    said = shown(desk)
    for word in ("Heartbeat", "CPUHigh", "[red]look[/red]", "active users", "7.0", "no data"):
        assert word in said
    assert SECRET not in said
    assert "balancer is gone" not in said


def test_what_a_tool_said_is_shown_without_control_characters(desk: Desk) -> None:
    desk.said = "one\x1b[2Jtwo"
    assert "\x1b" not in shown(desk)
    assert "one[2Jtwo" in shown(desk)


def test_prompt_is_where_even_a_small_terminal_shows_it(desk: Desk) -> None:
    typed(desk, "note x")
    assert shown(desk, width=40).splitlines()[1] == "Ana> note x▏"


def test_ghost_is_beside_the_teams_own_times(desk: Desk, session: FakeSession) -> None:
    session.ghost.hear(PageSent(at=AT, page="p", responder="Ana", level=1, channel="pager", alerts=["x"]))
    session.ghost.hear(PageAcknowledged(at=AT + timedelta(minutes=1), page="p", responder="Ana"))
    assert "the team after 1 min, 4 h 35 min ahead of the ghost" in shown(desk)


def test_course_is_drawn_in_a_line_with_gaps_for_no_data() -> None:
    assert sparks([0.0, None, 10.0]) == f"{SPARKS[0]} {SPARKS[-1]}"
    assert sparks([]) == ""
    assert len(sparks([1.0] * 90)) == 24


def test_without_a_terminal_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(ScenarioError, match="needs a terminal"):
        require_terminal()
