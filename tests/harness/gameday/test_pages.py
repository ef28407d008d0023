"""What the pages show, and to whom they do not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.events import NoteTaken, PageAcknowledged, PageSent, RequestFinished
from harness.gameday.debrief import Debrief, Lap
from harness.gameday.ghost import BACK, BALANCER, WHOLE
from harness.gameday.haunting import GHOST_FILE, Haunted
from harness.gameday.roles import Role
from tests.harness.gameday.visitors import AT, FakeSession, Visitor


@pytest.fixture
def session(tmp_path: Path) -> FakeSession:
    return FakeSession(tmp_path)


def test_pace_that_cannot_be_changed_has_no_form_and_a_reason(session: FakeSession) -> None:
    session.fixed_pace = "Prometheus goes by the wall's clock"
    page = Visitor(session, Role.FACILITATOR).get("/desk").text
    assert "/do/pause" not in page
    assert "Prometheus goes by" in page
    assert "Prometheus goes by" not in Visitor(session, Role.RESPONDER).get("/desk").text


def test_ghost_names_to_nobody_what_the_team_has_not_done_yet(session: FakeSession) -> None:
    session.ghost.hear(PageSent(at=AT, page="p", responder="Ana", level=1, channel="pager", alerts=["x"]))
    session.ghost.hear(PageAcknowledged(at=AT, page="p", responder="Ana"))
    page = Visitor(session, Role.RESPONDER).get("/desk").text
    assert "took a page" in page
    assert not any(deed in page for deed in (BALANCER, BACK, WHOLE))


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


def test_debrief_shows_what_the_ghost_came_to_or_that_it_still_plays(session: FakeSession) -> None:
    session.over.set()
    session.debrief = Debrief({}, "PASSED", (Lap("MTTR", "6 min", "1 h", kept=True, earlier=""),), (), "")
    visitor = Visitor(session, Role.OBSERVER)
    session.ghost_plays = True
    assert "Look again" in visitor.get("/debrief").text
    session.ghost_plays = False
    keep(session, Haunted(mttr_seconds=28_000.0, helped=("update DNS",)))
    page = visitor.get("/debrief").text
    assert "<td>7 h 46 min</td>" in page
    assert "What helped: update DNS." in page
    keep(session, Haunted(trouble="no <such> fault."))
    page = visitor.get("/debrief").text
    assert "cannot be played: no &lt;such&gt; fault." in page
    assert "The ghost</th>" not in page


def keep(session: FakeSession, haunted: Haunted) -> None:
    (session.directory / GHOST_FILE).write_bytes(msgspec.json.encode(haunted))
