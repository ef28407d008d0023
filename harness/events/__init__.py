"""What can happen in a run: one small class an event, named in the past tense.

Every event carries when it happened, twice: `at` is incident time, which people read; `steady` is steady time, which
durations inside the harness are measured on (harness/clock.py). The recorder fills both in, and `seq`.

The JSON twin of an event is one flat object whose `kind` is the class name in snake case. Durations end in
`_seconds`, sizes in `_bytes`, instants are ISO 8601 with a zone.
"""

from __future__ import annotations

from harness.events.alerts import AlertChanged, AlertState, NotificationSent, WebhookAnswered
from harness.events.deployment import (
    BalancerCreated,
    BalancerRemoved,
    DeploymentChanged,
    ProcessExited,
    ProcessStarted,
    RecordChanged,
    TaskChanged,
)
from harness.events.event import SCHEMA, UNSTAMPED, Event
from harness.events.faults import FaultApplied, FaultHit, FaultRemoved, Hurt, TroubleBegun
from harness.events.gameday import NoteTaken, PaceChanged, PanelsRead, ParticipantJoined, ToolUsed
from harness.events.load import DinersChanged, RequestFinished, WorkerClockCompared
from harness.events.people import DiagnosisMade, PageAcknowledged, PageIgnored, PageResolved, PageSent, RemedyPerformed
from harness.events.run import HarnessTroubled, Healed, Jumped, RunFinished, RunStarted, StepStarted
from harness.events.telemetry import LogsReceived, MetricsMapped, MetricsReceived, TelemetryRejected

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
    | MetricsMapped
    | TelemetryRejected
    | AlertChanged
    | NotificationSent
    | WebhookAnswered
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
"""Every event there is, in the order in which they are told of."""

__all__ = [
    "SCHEMA",
    "UNSTAMPED",
    "AlertChanged",
    "AlertState",
    "AnyEvent",
    "BalancerCreated",
    "BalancerRemoved",
    "DeploymentChanged",
    "DiagnosisMade",
    "DinersChanged",
    "Event",
    "FaultApplied",
    "FaultHit",
    "FaultRemoved",
    "HarnessTroubled",
    "Healed",
    "Hurt",
    "Jumped",
    "LogsReceived",
    "MetricsMapped",
    "MetricsReceived",
    "NoteTaken",
    "NotificationSent",
    "PaceChanged",
    "PageAcknowledged",
    "PageIgnored",
    "PageResolved",
    "PageSent",
    "PanelsRead",
    "ParticipantJoined",
    "ProcessExited",
    "ProcessStarted",
    "RecordChanged",
    "RemedyPerformed",
    "RequestFinished",
    "RunFinished",
    "RunStarted",
    "StepStarted",
    "TaskChanged",
    "TelemetryRejected",
    "ToolUsed",
    "TroubleBegun",
    "WebhookAnswered",
    "WorkerClockCompared",
]
