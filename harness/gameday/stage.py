"""What the desks are drawn from: a game day that is lived (session.py), or one that is played back (replay.py)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from harness.gameday.board import Board
from harness.gameday.dashboards import Dashboards
from harness.gameday.debrief import Debrief
from harness.gameday.ghost import Ghost
from harness.gameday.stories import Story


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that happens by itself, later."""

    number: int
    at: datetime
    words: str
    """What happens, for the facilitator."""


class Stage(Protocol):
    """A game day, as the desks and the orders see it."""

    board: Board
    dashboards: Dashboards
    ghost: Ghost
    directory: Path
    """The run's own."""
    ready: threading.Event
    """Set once the desks can be drawn, or never will."""
    over: threading.Event
    """Set once there is nothing more to come."""
    trouble: str
    """Why it ended early, if it did."""

    def play(self) -> None:
        """Let it go on until it is over: for a thread of its own."""
        ...

    @property
    def debrief(self) -> Debrief | None:
        """What to take home, once it can be told."""
        ...

    @property
    def ghost_plays(self) -> bool:
        """Whether it is still to come what the ghost comes to."""
        ...

    @property
    def takes(self) -> frozenset[str]:
        """The orders that it can carry out at all."""
        ...

    @property
    def story(self) -> Story:
        """What is really wrong, for the facilitator."""
        ...

    @property
    def now(self) -> datetime:
        """The incident clock."""
        ...

    @property
    def lived(self) -> timedelta:
        """How long it has been going on."""
        ...

    @property
    def pace(self) -> str:
        """How fast time goes, in words."""
        ...

    @property
    def fixed_pace(self) -> str:
        """Why time can neither be paused nor go faster or slower; "" where it can."""
        ...

    @property
    def waiting(self) -> Sequence[Waiting]:
        """What happens by itself, the next first."""
        ...

    def order(self, action: Callable[[], str]) -> str:
        """Do something where it can be done safely, and give what came of it.

        Raises:
            HarnessError: when it did not work, or the game day is over.
        """
        ...

    def join(self, who: str, role: str) -> str:
        """Let somebody in."""
        ...

    def end(self) -> None:
        """Let it end."""
        ...
