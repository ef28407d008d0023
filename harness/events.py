"""What can happen in a run: one small class an event, named in the past tense.

Every event carries when it happened, twice: `at` is incident time, which people read; `steady` is steady time, which
durations inside the harness are measured on (harness/clock.py). The recorder fills both in, and `seq`.

The JSON twin of an event is one flat object whose `kind` is the class name in snake case. Durations end in
`_seconds`, sizes in `_bytes`, instants are ISO 8601 with a zone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

SCHEMA = 1
"""The version of the history's shape; a reader refuses a newer one."""

UNSTAMPED = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of an event that no recorder has seen yet."""


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag=_snake):
    """Something that happened."""

    at: datetime = UNSTAMPED
    """Incident time."""
    steady: float = 0.0
    """Steady seconds (harness/clock.py)."""
    seq: int = -1
    """Place in the history, from 0."""


# The run itself


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


# Processes and the deployment


class ProcessStarted(Event, frozen=True, kw_only=True):
    """A program of the system under test began to run."""

    component: str
    pid: int
    address: str = ""
    startup_seconds: float = 0.0
    """Wall seconds from spawn to ready."""


class ProcessExited(Event, frozen=True, kw_only=True):
    """A program of the system under test ended."""

    component: str
    pid: int
    code: int
    expected: bool
    """Whether the harness or the orchestrator ended it."""


class TaskChanged(Event, frozen=True, kw_only=True):
    """A service task moved on in its life."""

    task: str
    state: Literal["starting", "running", "healthy", "unhealthy", "draining", "stopped"]
    reason: str
    revision: str
    """The task definition it runs."""


class DeploymentChanged(Event, frozen=True, kw_only=True):
    """The orchestrator began, finished or gave up a deployment."""

    revision: str
    state: Literal["in progress", "completed", "failed"]
    reason: str


class BalancerCreated(Event, frozen=True, kw_only=True):
    """A load balancer got an address of its own."""

    name: str
    address: str


class BalancerRemoved(Event, frozen=True, kw_only=True):
    """A load balancer ceased to exist; its address refuses connections from now on."""

    name: str
    address: str


class RecordChanged(Event, frozen=True, kw_only=True):
    """A DNS record was given another address."""

    name: str
    address: str
    previous: str
    ttl_seconds: float


# Faults


class FaultApplied(Event, frozen=True, kw_only=True):
    """A fault began."""

    fault: str
    """Its name in the catalogue."""
    id: str
    target: str
    sees: str
    """What a user will see, in a sentence."""
    parameters: dict[str, Any] = {}


class FaultHit(Event, frozen=True, kw_only=True):
    """A fault hurt something for the first time."""

    fault: str
    id: str
    evidence: str
    """What it hit, in a sentence."""


class TroubleBegun(Event, frozen=True, kw_only=True):
    """The stack makes what a fault asked for come true, in one of several ways that there are."""

    trouble: str
    """What the stack calls it: `task/memory capped`."""
    how: str
    """Which way, in a sentence."""


class Hurt(Event, frozen=True, kw_only=True):
    """What the stack does on a fault's behalf hurt something."""

    trouble: str
    """What the stack calls it: `factory/latency`, `telemetry/cut`."""
    what: str
    """What it hurt, in a sentence."""
    times: int = 1
    """How often, since it was last said."""


class FaultRemoved(Event, frozen=True, kw_only=True):
    """A fault ended."""

    fault: str
    id: str
    by: str
    """Who ended it: `heal` (the harness), or the remedy that did."""
    hits: int


# Load


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


# Telemetry


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


# Alerts and people

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


class PageSent(Event, frozen=True, kw_only=True):
    """Somebody was paged."""

    page: str
    """The alert group this page is about."""
    responder: str
    level: int
    """Step of the escalation chain, from 1."""
    channel: str
    alerts: list[str]


class PageIgnored(Event, frozen=True, kw_only=True):
    """A page was seen and nothing was done about it."""

    page: str
    responder: str
    reason: str


class PageAcknowledged(Event, frozen=True, kw_only=True):
    """A responder took a page."""

    page: str
    responder: str


class PageResolved(Event, frozen=True, kw_only=True):
    """A page ended because its alerts did."""

    page: str


class RemedyPerformed(Event, frozen=True, kw_only=True):
    """A responder did something about it; whether it helped is for the checks to say."""

    remedy: str
    by: str
    did: str
    """What was really done, in a sentence."""


class DiagnosisMade(Event, frozen=True, kw_only=True):
    """A responder, or a tool, named what is broken."""

    by: str
    layer: str
    """The broken layer, or `none found`."""
    finding: str
    evidence: list[str]


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


AnyEvent = (
    RunStarted
    | RunFinished
    | StepStarted
    | Jumped
    | Healed
    | HarnessTroubled
    | ProcessStarted
    | ProcessExited
    | TaskChanged
    | DeploymentChanged
    | BalancerCreated
    | BalancerRemoved
    | RecordChanged
    | FaultApplied
    | FaultHit
    | TroubleBegun
    | Hurt
    | FaultRemoved
    | RequestFinished
    | DinersChanged
    | WorkerClockCompared
    | MetricsReceived
    | LogsReceived
    | TelemetryRejected
    | AlertChanged
    | NotificationSent
    | WebhookAnswered
    | MetricsMapped
    | PageSent
    | PageIgnored
    | PageAcknowledged
    | PageResolved
    | RemedyPerformed
    | DiagnosisMade
    | ParticipantJoined
    | NoteTaken
    | ToolUsed
    | PanelsRead
    | PaceChanged
)
"""Every event there is."""
