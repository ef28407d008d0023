"""What people can order on a game day, by the name of the action: the same from the page and from the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from harness.durations import duration
from harness.errors import ScenarioError
from harness.gameday.stage import Stage

Form = Mapping[str, str]
Order = Callable[[Any, str, Form], str]
"""Takes the game day, who orders, and what they filled in."""

DINERS_AT_MOST = 50

ORDERS: Mapping[str, Order] = {
    "note": lambda day, who, form: day.note(who, form.get("text", "")),
    "hint": lambda day, who, form: day.note(who, form.get("text", ""), is_hint=True),
    "acknowledge": lambda day, who, _: day.acknowledge(who),
    "escalate": lambda day, who, _: day.escalate(who),
    "dismiss": lambda day, who, form: day.dismiss(who, form.get("text", "")),
    "remedy": lambda day, who, form: day.remedy(who, form.get("what", "")),
    "tool": lambda day, who, form: day.tool(who, form.get("what", "")),
    "search": lambda day, who, form: day.search(who, form.get("text", "")),
    "inject": lambda day, _, form: day.inject(form.get("what", ""), after=_after(form.get("after", ""))),
    "cancel": lambda day, _, form: day.cancel(_number(form.get("what", ""))),
    "heal": lambda day, _, form: day.heal(form.get("what", "")),
    "diners": lambda day, _, form: day.diners(_count(form.get("count", ""))),
    "pause": lambda day, who, _: day.pause(who),
    "resume": lambda day, who, _: day.resume(who),
    "speed": lambda day, who, form: day.set_speed(who, _speed(form.get("speed", ""))),
    "jump": lambda day, _, form: day.jump(duration(form.get("to", ""))),
    "lever": lambda day, who, _: day.pull_lever(who),
}
"""Every order but the two that need no answer from the game day: `abort`, and `reflect`, which comes after it."""

STANDING_STILL = frozenset({"note", "hint", "cancel", "pause", "resume", "speed", "jump", "lever"})
"""What can be ordered while time stands still: nothing that touches the system."""


def carry_out(day: Stage, action: str, *, who: str, form: Form) -> str:
    """Do what somebody orders, and give the answer.

    Raises:
        ScenarioError: when there is no such order, or it was filled in wrongly.
        HarnessError: when it did not work.
    """
    if action not in day.takes:
        message = f"{action} is nothing that can be done here."
        raise ScenarioError(message)
    if action == "abort":
        day.end()
        return "ending: healing everything and writing the reports"
    turn = day.order if action in STANDING_STILL else partial(touch, day)
    return turn(lambda: ORDERS[action](day, who, form))


def touch(day: Stage, action: Callable[[], str]) -> str:
    """Do something that touches the system, and give the answer.

    Raises:
        ScenarioError: when time stands still.
        HarnessError: when it did not work.
    """
    if day.board.speed == 0:
        message = "time stands still. Wait until the facilitator lets it go on."
        raise ScenarioError(message)
    return day.order(action)


def _after(text: str) -> timedelta:
    return duration(text) if text.strip() else timedelta()


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > DINERS_AT_MOST:
        message = f"{text!r} is not a number of diners: 0 to {DINERS_AT_MOST}."
        raise ScenarioError(message)
    return int(text)


def _number(text: str) -> int:
    if not text.isdecimal():
        message = f"{text!r} is not a number of something that waits."
        raise ScenarioError(message)
    return int(text)


def _speed(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        message = f"{text!r} is not a speed: incident seconds in a second of the wall, such as 1 or 20."
        raise ScenarioError(message) from None
