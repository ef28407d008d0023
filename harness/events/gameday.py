"""What people do on a game day, and what they were shown."""

from __future__ import annotations

from harness.events.event import Event


class ParticipantJoined(Event, frozen=True, kw_only=True):
    """Somebody came to a game day."""

    by: str
    role: str
    """`facilitator`, `responder` or `observer`."""


class NoteTaken(Event, frozen=True, kw_only=True):
    """Somebody wrote into the incident channel."""

    by: str
    text: str
    is_hint: bool = False
    """Whether the facilitator helped."""


class ToolUsed(Event, frozen=True, kw_only=True):
    """A responder looked at something, and what they were shown."""

    by: str
    tool: str
    said: str


class PanelsRead(Event, frozen=True, kw_only=True):
    """The dashboards of a game day, as they were shown."""

    values: dict[str, float | None]
    """By the panel's title; None where there was no data."""


class PaceChanged(Event, frozen=True, kw_only=True):
    """The facilitator let time go faster or slower, or stand still."""

    by: str
    speed: float
    """Incident seconds in a wall second from now on; 0 while it stands still."""
