"""What came in of what the service pushes."""

from __future__ import annotations

from datetime import datetime

from harness.events.event import Event


class MetricsReceived(Event, frozen=True, kw_only=True):
    """A push of metric samples arrived."""

    source: str
    samples: int
    newest: datetime
    """Incident time of the newest sample in it."""


class LogsReceived(Event, frozen=True, kw_only=True):
    """A push of log lines arrived."""

    source: str
    lines: int
    newest: datetime


class MetricsMapped(Event, frozen=True, kw_only=True):
    """Metrics came in for the first time, and were taken for what they seem to be about."""

    assignments: list[str]
    """A sentence each, which says whether it was declared or guessed, and why."""


class TelemetryRejected(Event, frozen=True, kw_only=True):
    """A push could not be read, or a part of it could not be kept.

    `status` is what was answered: a client error when all of it was refused, a success when only a part was left out,
    0 when the connection broke off.
    """

    endpoint: str
    status: int
    reason: str
