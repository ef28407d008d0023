"""The pages of a game day, drawn on the server; whatever came from outside is escaped by the templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jinja2

from harness.clock import MAX_SPEED
from harness.durations import spoken
from harness.gameday.board import UP, VISITS
from harness.gameday.dashboards import HEIGHT, WIDTH
from harness.gameday.haunting import Haunted
from harness.gameday.orders import DINERS_AT_MOST
from harness.gameday.retrospective import QUESTIONS, Retrospective
from harness.gameday.roles import MAY, Role, may
from harness.gameday.session import FOLLOW
from harness.gameday.stage import Stage
from harness.gameday.stories import injectable
from harness.gameday.toolbox import TOOLS
from harness.stacks.remedies import REMEDIES

_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("harness.gameday"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["clock"] = lambda at: f"{at:%H:%M:%S}"
_templates.filters["spoken"] = spoken

LIVE = ("status", "pager", "alerts", "dashboards", "visits", "channel", "ghost")
"""The parts of the desk that change as time goes by."""

SECRET = "faults"  # noqa: S105 - the name of a part of the page
"""The part that only the facilitator gets."""

HAUNTED = "incident"
"""The story that the ghost has lived through."""


def join_page(role: Role | None = None, *, error: str = "") -> str:
    """Ask somebody for their name; who has no role is only told what is wrong."""
    return _templates.get_template("join.html.j2").render(role=role, error=error)


def desk_page(day: Stage, role: Role, who: str, *, said: str = "") -> str:
    """Draw the desk of a role, with the answer to what was just done."""
    shown = {"parts": parts(day, role), "who": who, "said": said, "max_speed": MAX_SPEED, "diners_most": DINERS_AT_MOST}
    return _templates.get_template("desk.html.j2").render(_shown(day, role), **shown)


def parts(day: Stage, role: Role) -> dict[str, str]:
    """Draw the living parts of the desk; the causes are drawn for the facilitator only."""
    names = (*LIVE, SECRET) if may(role, "inject") else LIVE
    shown = _shown(day, role)
    return {name: _templates.get_template(f"{name}.html.j2").render(shown) for name in names}


def _shown(day: Stage, role: Role) -> Mapping[str, Any]:
    board, now = day.board, day.now
    shown: dict[str, Any] = {
        "role": role,
        "can": {action: may(role, action) and action in day.takes for action in MAY},
        "now": now,
        "lived": spoken(day.lived),
        "pace": day.pace,
        "over": day.over.is_set() or day.debrief is not None,
        "pages": tuple(reversed(tuple(board.pages.values()))),
        "alerts": board.rules(),
        "words": UP,
        "panels": day.dashboards.panels,
        "width": WIDTH,
        "height": HEIGHT,
        "visits": tuple(reversed(tuple(board.visits)))[:VISITS],
        "channel": tuple(reversed(tuple(board.channel))),
        "people": dict(board.people),
        "remedies": (*REMEDIES, FOLLOW),
        "tools": TOOLS,
        "ghost": day.ghost.words(now),
        "laps": tuple(lap for lap in day.ghost.laps() if lap.team is not None),
        "knows": may(role, "inject"),
    }
    if may(role, "inject"):
        shown |= {
            "story": day.story,
            "standing": board.standing,
            "ended": tuple(fault for fault in tuple(board.faults.values()) if fault.gone),
            "waiting": day.waiting,
            "fixed_pace": day.fixed_pace,
            "diners": board.diners,
            "speed": f"{board.speed or 1:g}" if "diners" in day.takes else "1",
            "radius": board.radius(),
            "injectable": injectable(),
        }
    return shown


def debrief_page(day: Stage) -> str:
    """Say how it went, once it is over: for everybody, causes and all."""
    return _templates.get_template("debrief.html.j2").render(
        debrief=day.debrief,
        trouble=day.trouble,
        faults=tuple(day.board.faults.values()),
        channel=tuple(day.board.channel),
        story=day.story,
        laps=day.ghost.laps() if day.story.name == HAUNTED else (),
        haunted=Haunted.kept(day.directory),
        ghost_plays=day.ghost_plays,
    )


def retrospective_page(retrospective: Retrospective, *, may_answer: bool, said: str = "") -> str:
    """Ask what people make of it, and show what they wrote."""
    questions = [(number, text, retrospective.answers(number)) for number, text in enumerate(QUESTIONS)]
    return _templates.get_template("retrospective.html.j2").render(
        questions=questions, may_answer=may_answer, said=said
    )
