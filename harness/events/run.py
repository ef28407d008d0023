"""The run itself: how it began, went on and ended, and what the harness did for it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from harness.events.event import Event


class RunStarted(Event, frozen=True, kw_only=True):
    """A scenario began."""

    schema: int
    scenario: str
    hypothesis: str
    """The scenario's docstring: what its author believes."""
    seed: int
    stack: str
    speed: float
    zone: str
    versions: dict[str, str]
    """Of Python, the harness and what it started."""
    rerun: str
    """The command that runs it again."""


class RunFinished(Event, frozen=True, kw_only=True):
    """The scenario's last step ended and everything was healed."""

    reason: Literal["completed", "failed", "interrupted", "aborted", "crashed"]
    detail: str = ""


class StepStarted(Event, frozen=True, kw_only=True):
    """The scenario went on to its next step."""

    name: str


class Jumped(Event, frozen=True, kw_only=True):
    """A quiet stretch was crossed; nothing is claimed about what lies inside it. `at` is where it landed."""

    leaves: datetime
    length_seconds: float


class Healed(Event, frozen=True, kw_only=True):
    """The harness undid something it had done."""

    what: str


class HarnessTroubled(Event, frozen=True, kw_only=True):
    """The harness itself failed at something; a run with one of these is never green."""

    where: str
    error: str
