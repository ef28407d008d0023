"""The pages of a game day, drawn on the server; whatever came from outside is escaped by the templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jinja2

from harness.durations import spoken
from harness.gameday.board import UP, VISITS
from harness.gameday.console import DESCRIBE
from harness.gameday.dashboards import HEIGHT, WIDTH
from harness.gameday.roles import Role, may
from harness.gameday.session import FOLLOW, Session
from harness.gameday.stories import injectable
from harness.report.verdict import summary
from harness.stacks.remedies import REMEDIES

_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("harness.gameday"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["clock"] = lambda at: f"{at:%H:%M:%S}"

LIVE = ("status", "pager", "alerts", "dashboards", "visits", "channel")
"""The parts of the desk that change as time goes by."""

SECRET = "faults"  # noqa: S105 - the name of a part of the page
"""The part that only the facilitator gets."""


def join_page(*, error: str = "") -> str:
    """Ask somebody for their name."""
    return _templates.get_template("join.html.j2").render(error=error)


def desk_page(session: Session, role: Role, who: str, *, said: str = "") -> str:
    """Draw the desk of a role, with the answer to what was just done."""
    return _templates.get_template("desk.html.j2").render(
        _shown(session, role), parts=parts(session, role), who=who, said=said
    )


def parts(session: Session, role: Role) -> dict[str, str]:
    """Draw the living parts of the desk; the causes are drawn for the facilitator only."""
    names = (*LIVE, SECRET) if may(role, "inject") else LIVE
    shown = _shown(session, role)
    return {name: _templates.get_template(f"{name}.html.j2").render(shown) for name in names}


def _shown(session: Session, role: Role) -> Mapping[str, Any]:
    board = session.board
    shown: dict[str, Any] = {
        "role": role,
        "can": {action: may(role, action) for action in ("note", "acknowledge", "remedy", "tool", "inject", "abort")},
        "now": session.now,
        "lived": spoken(session.lived),
        "over": session.over.is_set(),
        "pages": tuple(reversed(board.pages.values())),
        "alerts": board.rules(),
        "words": UP,
        "panels": session.dashboards.panels,
        "width": WIDTH,
        "height": HEIGHT,
        "visits": tuple(reversed(tuple(board.visits)))[:VISITS],
        "channel": tuple(reversed(tuple(board.channel))),
        "people": dict(board.people),
        "remedies": (*REMEDIES, FOLLOW),
        "tools": ("dig", "curl", "buy a pizza", *DESCRIBE),
    }
    if may(role, "inject"):
        shown |= {
            "story": session.outset.story,
            "standing": board.standing,
            "ended": tuple(fault for fault in board.faults.values() if fault.gone),
            "injectable": injectable(),
            "verdict": summary(session.verdict) if session.verdict else "",
        }
    return shown


def debrief_page(session: Session, began: datetime) -> str:
    """Say how it went, once it is over: for everybody, causes and all."""
    return _templates.get_template("debrief.html.j2").render(
        verdict=session.verdict,
        summary=summary(session.verdict) if session.verdict else session.trouble,
        faults=tuple(session.board.faults.values()),
        channel=tuple(session.board.channel),
        story=session.outset.story,
        began=began,
    )
