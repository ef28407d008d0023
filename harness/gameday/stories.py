"""The stories a facilitator can play: which faults come when, and what hints; none of it for responders' eyes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from harness.durations import duration
from harness.errors import ScenarioError, unknown_name
from harness.faults import (
    CATALOGUE,
    BalancerMissing,
    DatabaseDenied,
    DatabasePaused,
    DatabaseSchemaMissing,
    DatabaseSessionsKilled,
    DatabaseStorm,
    FactoryChaos,
    Fault,
    TlsCertificate,
)
from harness.faults.description import each_of

AT_FIRST = duration("2m")
"""How long all is well before the first fault of a story, so that people see what well looks like."""


@dataclass(frozen=True, slots=True)
class Inject:
    """Something that the story does by itself."""

    after: timedelta
    """How long after the start, in incident time."""
    fault: Fault | None = None
    """What is hurt."""
    hint: str = ""
    """Or what responders are told."""

    @property
    def words(self) -> str:
        """Say what comes, for the facilitator."""
        return f"{self.fault.name}: {self.fault.sees}" if self.fault else f"hint: {self.hint}"


@dataclass(frozen=True, slots=True)
class Story:
    """A hidden cause, and its course."""

    name: str
    cause: str
    """In a sentence, for the facilitator."""
    injects: tuple[Inject, ...] = ()


def _night() -> Story:
    hints = (
        ("17m", "What does the name of the site lead to, and is there anything at the end of it?"),
        ("22m", "The load balancer in the console: does it exist? A new one has another address."),
        ("27m", "Is the site really back? Try to buy a pizza yourself, and read all of the answer."),
    )
    return Story(
        "incident",
        "2024-12-01: the balancer is gone and DNS still points at it; behind it the factory refuses every order",
        (
            Inject(AT_FIRST, fault=BalancerMissing()),
            Inject(AT_FIRST, fault=FactoryChaos("fail")),
            *(Inject(duration(after), hint=hint) for after, hint in hints),
        ),
    )


FREE = Story("free", "nothing by itself: the facilitator injects by hand")
STORIES: Mapping[str, Story] = {story.name: story for story in (_night(), FREE)}
"""The library."""

SOLO = "solo"
"""The story that nobody chose: one fault of the catalogue, drawn by the seed."""


def story(name: str, *, seed: int) -> Story:
    """Give the story of a name.

    Args:
        name: one of the library's, a fault of the catalogue, or `solo` for a fault that nobody knows.
        seed: of what `solo` draws.

    Raises:
        ScenarioError: when there is no such story.
    """
    faults = {each.name: each for each in injectable()}
    if name in STORIES:
        return STORIES[name]
    if name == SOLO:
        drawn = Random(f"{seed}/solo").choice(sorted(faults))
        return _of_one(faults[drawn], name=SOLO)
    if name in faults:
        return _of_one(faults[name], name=name)
    raise ScenarioError(unknown_name("story", name, known=[*STORIES, SOLO, *faults]))


ELSEWHERE = (
    TlsCertificate,
    DatabaseDenied,
    DatabasePaused,
    DatabaseSchemaMissing,
    DatabaseSessionsKilled,
    DatabaseStorm,
)
"""Faults of a site with certificates, and of a database server: the shop of a game day has neither."""


def injectable() -> tuple[Fault, ...]:
    """Give every fault that can be injected as it is, without parameters."""
    known = (fault for kind in CATALOGUE for fault in each_of(kind))
    return tuple(fault for fault in known if fault.target != "nothing" and not isinstance(fault, ELSEWHERE))


def inject_of(name: str, *, after: timedelta) -> Inject:
    """Plan a fault of the catalogue.

    Raises:
        ScenarioError: when there is no such fault that can be injected.
    """
    faults = {each.name: each for each in injectable()}
    if name not in faults:
        raise ScenarioError(unknown_name("fault", name, known=list(faults)))
    return Inject(after, fault=faults[name])


def _of_one(fault: Fault, *, name: str) -> Story:
    return Story(name, f"{fault.name}: {fault.sees}", (Inject(AT_FIRST, fault=fault),))
