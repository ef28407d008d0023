"""Reads who is paged and what they do: the escalation chain, the schedules and the responders of a team, from YAML.

    chain:
      - {notify: primary}
      - {wait: 5m}
      - {notify: primary, channel: important}
      - {repeat: 2}
    schedules:
      - name: primary
        shifts:
          - {responder: Jaquelyn, days: mon-fri, from: "08:00", to: "18:00"}
          - {turns: [Sam, Kim], every: 7d, since: 2024-11-25 08:00 MST}
    responders:
      - name: Sam
        reached: 0.9
        answers: [{ignore: asleep, after: 1m}, {acknowledge: 3m, spread: 0.5}]

A `notify` names a schedule or a person. Whoever is not among the responders answers for themselves. `receivers` may
say which receivers of notifications page anybody; without it all do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from harness.alerting import yaml_lines
from harness.alerting.yaml_lines import Block
from harness.errors import ScenarioError, unknown_name
from harness.moments import moment
from harness.oncall.chain import MOST_REPEATS, Chain, Notify, Repeat, Step, Wait, course_chain
from harness.oncall.escalation import Escalation
from harness.oncall.responder import Acknowledge, Answer, Dismiss, Ignore, Resolve, Responder, Scripted
from harness.oncall.schedule import EVERY_DAY, Schedule, Shift

Read = TypeVar("Read")

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_STEPS = ("notify", "wait", "repeat")
_ANSWERS = ("acknowledge", "ignore", "dismiss", "resolve")


@dataclass(frozen=True, slots=True)
class Rota:
    """Who is paged, in what order, and what they do about it."""

    chain: Chain
    """The steps."""
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    """Those that the chain names, by name."""
    responders: Mapping[str, Callable[[], Responder]] = field(default_factory=dict)
    """How people answer, by name; each call makes them anew, with nothing answered yet."""

    receivers: tuple[str, ...] = ()
    """Receivers of notifications whose notifications page people; all of them where none is named."""

    def hears(self, receiver: str) -> bool:
        """Say whether somebody is paged when a receiver is told."""
        return not self.receivers or receiver in self.receivers

    @classmethod
    def course(cls, on_call: str) -> Rota:
        """Give the course's: one person, who answers for themselves, and then the whole team."""
        return cls(course_chain(on_call))

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody whom the chain may page."""
        return tuple(dict.fromkeys(person for name in self.chain.responders for person in self._behind(name)))

    @property
    def first(self) -> tuple[str, ...]:
        """Whoever may be paged first: those whom a scenario means by whoever is on call."""
        return self._behind(self.chain.responders[0])

    def escalation(
        self, responders: Mapping[str, Responder], *, rng: Random, incident: Callable[[float], datetime]
    ) -> Escalation:
        """Make what carries it out.

        Args:
            responders: how people answer.
            rng: seeded; people's delays are drawn from it.
            incident: incident time of a steady instant, by which schedules go.
        """

        def on_duty(name: str, now: float) -> str | None:
            return self.schedules[name].on_duty(incident(now)) if name in self.schedules else name

        return Escalation(self.chain, rng=rng, responders=responders, on_duty=on_duty)

    def _behind(self, name: str) -> tuple[str, ...]:
        return self.schedules[name].people if name in self.schedules else (name,)


def load_rota(path: Path) -> Rota:
    """Read a team's chain, schedules and responders.

    Raises:
        ScenarioError: one line that names the file, the line, the key and what to do.
    """
    top = yaml_lines.read(path, what="on-call file")
    top.only(("chain", "schedules", "responders", "receivers"))
    chain = _as_said(top, "chain", lambda: Chain(tuple(_step(each) for each in top.blocks("chain", each="step"))))
    schedules = {each.name: each for each in map(_schedule, _named(top, "schedules", each="schedule"))}
    rota = Rota(chain, schedules)
    responders = {block.text("name"): block for block in _named(top, "responders", each="responder")}
    for name, block in responders.items():
        if name not in rota.people:
            raise block.error("name", unknown_name("responder", name, known=rota.people))
    made = {name: _responder(block) for name, block in responders.items()}
    return Rota(chain, schedules, made, tuple(top.words("receivers")))


def _as_said(block: Block, key: str, read: Callable[[], Read]) -> Read:
    """Make something of what was read, with its place in what is said of a mistake."""
    try:
        return read()
    except ScenarioError as error:
        raise error if block.place.file in str(error) else block.error(key, str(error)) from error


def _named(top: Block, key: str, *, each: str) -> list[Block]:
    blocks = top.blocks(key, each=each)
    seen: set[str] = set()
    for block in blocks:
        name = block.text("name")
        block.what = f"{each} {name!r}"
        if name in seen:
            raise block.error("name", "it is there already. Give it another name.")
        seen.add(name)
    return blocks


def _only_one(block: Block, words: tuple[str, ...], *, besides: tuple[str, ...]) -> str:
    block.only((*words, *besides))
    found = [word for word in words if word in block]
    if len(found) != 1:
        raise block.place.error(f"{block.what} needs exactly one of {', '.join(words)}, and has {len(found)}.")
    return found[0]


def _step(block: Block) -> Step:
    kind = _only_one(block, _STEPS, besides=("channel",))
    if "channel" in block and kind != "notify":
        raise block.error("channel", f"a {kind} reaches nobody. Remove it.")
    if kind == "notify":
        return Notify(block.text("notify"), block.text("channel", "default"))
    return Wait(block.length("wait", timedelta())) if kind == "wait" else Repeat(block.whole("repeat", MOST_REPEATS))


def _schedule(block: Block) -> Schedule:
    block.only(("name", "shifts"))
    shifts = tuple(_shift(each) for each in block.blocks("shifts", each=f"{block.what}, shift"))
    if not shifts:
        raise block.error("shifts", "there are none, so nobody would ever be paged. Add one.")
    return Schedule(block.text("name"), shifts)


def _shift(block: Block) -> Shift:
    kind = _only_one(block, ("responder", "turns"), besides=("days", "from", "to", "every", "since"))
    people = (block.text(kind),) if kind == "responder" else tuple(block.words(kind))
    since = _as_said(block, "since", lambda: moment(block.text("since"))) if "since" in block else None
    return _as_said(
        block,
        kind,
        lambda: Shift(
            people,
            days=_days(block),
            begins=_hour(block, "from"),
            ends=_hour(block, "to"),
            turn=block.length("every", timedelta(days=7)),
            since=since,
        ),
    )


def _days(block: Block) -> frozenset[int]:
    if "days" not in block:
        return EVERY_DAY
    found: set[int] = set()
    for part in block.text("days").replace(" ", "").lower().split(","):
        first, _, last = part.partition("-")
        for day in (first, last or first):
            if day not in _DAYS:
                raise block.error("days", unknown_name("day", day, known=_DAYS))
        begins, count = _DAYS.index(first), (_DAYS.index(last or first) - _DAYS.index(first)) % 7
        found |= {(begins + more) % 7 for more in range(count + 1)}
    return frozenset(found)


def _hour(block: Block, key: str) -> time:
    text = block.text(key, "00:00")
    try:
        return time() if text == "24:00" else time.fromisoformat(text)
    except ValueError as error:
        raise block.error(key, f"{text!r} is no time of day. Write one such as 08:30.") from error


def _responder(block: Block) -> Callable[[], Responder]:
    block.only(("name", "reached", "answers"))
    answers = tuple(_answer(each) for each in block.blocks("answers", each=f"{block.what}, answer"))
    reached = block.number("reached", 1.0)
    _as_said(block, "answers", lambda: Scripted(answers, reached=reached))
    return lambda: Scripted(answers, reached=reached)


def _answer(block: Block) -> tuple[Answer, float]:
    kind = _only_one(block, _ANSWERS, besides=("after", "spread"))
    spread = block.number("spread", 0.0)
    if kind in {"ignore", "dismiss"}:
        made = Ignore if kind == "ignore" else Dismiss
        return made(block.length("after", timedelta()), block.text(kind)), spread
    if "after" in block:
        raise block.error("after", f"the length stands beside {kind} itself. Write {kind}: 3m.")
    return (Acknowledge if kind == "acknowledge" else Resolve)(block.length(kind, timedelta())), spread
