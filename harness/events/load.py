"""What diners do, and how it ends for them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from harness.events.event import Event


class RequestFinished(Event, frozen=True, kw_only=True):
    """A diner's request ended, one way or another. `at` is when it ended."""

    diner: str
    operation: str
    """What the diner was doing: `log in`, `look at the menu`, `order`, …"""
    method: str
    path: str
    address: str
    """Where the connection went: host and port, or "" when the name did not resolve."""
    started: datetime
    latency_seconds: float
    """In incident time; at speed N a physical latency reads N times longer."""
    outcome: Literal["ok", "failed", "unknown"]
    """A client's timeout is unknown: the order may exist."""
    status: int = 0
    """HTTP status; 0 when there was no reply."""
    error: str = ""
    """As a person would see it: a connection failure reads `500: failed to fetch`."""
    cause: str = ""
    """The technical cause, for the engineer: `connection refused`, `name not found`, `timed out`, …"""
    report_url: str = ""
    """The factory's reportUrl, when the reply carried one."""
    orders: tuple[int, ...] | None = None
    """Numbers of the orders that the reply shows: the one made, or all that were made; None where nobody looked."""


class DinersChanged(Event, frozen=True, kw_only=True):
    """Diners arrived or left."""

    count: int


class WorkerClockCompared(Event, frozen=True, kw_only=True):
    """The clock of a load worker on another machine was compared with the run's, and its requests' times corrected."""

    worker: int
    """Which of the load's workers, from 0."""
    host: str
    """What that machine calls itself."""
    ahead_seconds: float
    """How far its clock goes ahead of this machine's, on the wall; the times of its requests have this taken off."""
    uncertainty_seconds: float
    """By how much they may still be wrong, either way, on the wall."""
