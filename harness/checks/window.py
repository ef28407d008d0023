"""What a history can be asked about: how far it reaches, and which stretches nobody lived through."""

from __future__ import annotations

from datetime import datetime, timedelta

from harness.durations import spoken
from harness.events import Jumped
from harness.history import History

ON_TIME = timedelta(seconds=1)
"""What happens this little before a beat still belongs to it: instants are rounded on their way."""


def reached(history: History, at: datetime) -> bool:
    """Say whether the run got as far as `at`."""
    return any(event.at >= at for event in reversed(history.events))


def crossed(history: History, since: datetime, until: datetime) -> timedelta:
    """Say how much of a window was crossed by jumps, about which nothing is claimed."""
    overlaps = (min(jump.at, until) - max(jump.leaves, since) for jump in history.of(Jumped))
    return sum((overlap for overlap in overlaps if overlap > timedelta()), timedelta())


def lived(history: History, since: datetime, until: datetime) -> bool:
    """Say whether the run went through all of a window, so that what is missing from it did not happen."""
    return reached(history, until) and not crossed(history, since, until)


def crossed_words(history: History, since: datetime, until: datetime) -> str:
    """Say in brackets how much of a window was crossed, or nothing when it was lived through."""
    length = crossed(history, since, until)
    return f" ({spoken(length)} of that time was crossed by jumps)" if length else ""
