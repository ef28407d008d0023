"""What alert rules make of it, and who is told."""

from __future__ import annotations

from typing import Literal

from harness.events.event import Event

AlertState = Literal["inactive", "pending", "firing", "no data", "error", "recovering"]


class AlertChanged(Event, frozen=True, kw_only=True):
    """An alert rule's instance moved from one state to another."""

    rule: str
    labels: dict[str, str]
    previous: AlertState
    state: AlertState
    reason: Literal["threshold", "no data", "error", "missing series", "resolved", "paused"]
    """Why: a breached threshold is not the same as nothing to look at."""
    value: float | None = None


class NotificationSent(Event, frozen=True, kw_only=True):
    """The notifier told a receiver about a group of alerts."""

    receiver: str
    group: str
    status: Literal["firing", "resolved"]
    alerts: list[str]
    """Rule names in the group that fire."""


class WebhookAnswered(Event, frozen=True, kw_only=True):
    """A notification was posted to a receiver's webhook, and the webhook answered or did not."""

    receiver: str
    url: str
    status: int
    """Its HTTP status; 0 when it did not answer."""
    trouble: str = ""
    """Why it did not."""
