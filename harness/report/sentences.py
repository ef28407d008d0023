"""Each event in a sentence, for people who read evidence."""

from __future__ import annotations

import re
from datetime import datetime

from harness import events as e
from harness.checks.wording import count, group_words, listed
from harness.durations import spoken

_URL = re.compile(r"(https?://[^/\s\"'<>]+)/(?:[^\s\"'<>]*/)?([^\s\"'<>/]*)")


NAMED = 3
"""So many of the connections or requests that were hurt are named in a sentence; the history has more."""

REASONS = {
    "no data": "for lack of data and not by a threshold",
    "threshold": "by a threshold",
    "error": "for an error in its evaluation",
}
"""Why an alert goes off, as the end of a sentence."""


def shortened(text: str) -> str:
    """Leave out the middle of links: a path may hold a key, and reports are passed around."""
    return _URL.sub(lambda link: f"{link[1]}/…/{link[2]}" if link[2] else link[1], text)


def clock(at: datetime) -> str:
    """Say a time of day to the second."""
    return f"{at:%H:%M:%S}"


def sentence(event: e.Event) -> str:
    """Say what happened; a link is shortened."""
    return shortened(
        _of_the_run(event)
        or _of_faults(event)
        or _of_the_system(event)
        or _of_telemetry(event)
        or _of_people(event)
        or _of_game_days(event)
        or type(event).__name__
    )


def _of_the_run(event: e.Event) -> str:  # noqa: PLR0911 - one return an event
    match event:
        case e.RunStarted():
            return f"{event.scenario} began on {event.stack} at {event.speed:g} times the wall's speed"
        case e.RunFinished():
            return f"the run ended: {event.reason}" + (f", {event.detail}" if event.detail else "")
        case e.StepStarted():
            return event.name
        case e.Jumped():
            return f"{spoken(event.length_seconds)} crossed, from {clock(event.leaves)}"
        case e.Healed():
            return f"the harness healed {event.what}"
        case e.HarnessTroubled():
            return f"the harness had trouble with {event.where}: {event.error}"
        case e.DinersChanged():
            return f"{count(event.count, 'diner')} now"
        case e.WorkerClockCompared(ahead_seconds=ahead):
            said = f"{abs(ahead):.3f} s {'behind' if ahead < 0 else 'ahead'}"
            give = f"give or take {1000 * event.uncertainty_seconds:.1f} ms"
            return f"the clock of load worker {event.worker} on {event.host} goes {said}, {give}"
        case e.RequestFinished():
            said = f": {event.error}" + (f" ({event.cause})" if event.cause else "") if event.error else ""
            return f"{event.diner}: {event.operation} {event.outcome} after {spoken(event.latency_seconds)}{said}"
    return ""


def _of_faults(event: e.Event) -> str:
    match event:
        case e.FaultApplied():
            return f"fault {event.id} on {event.target}: {event.sees}"
        case e.FaultHit():
            return f"fault {event.id} hit: {event.evidence}"
        case e.TroubleBegun():
            return f"{event.trouble}: {event.how}"
        case e.Hurt():
            named = f", as {'; '.join(event.which[:NAMED])}" if event.which else ""
            return f"{event.trouble} hurt {event.what}{named}"
        case e.FaultRemoved():
            return f"fault {event.id} ended by {event.by}, after {count(event.hits, 'hit')}"
    return ""


def _of_the_system(event: e.Event) -> str:  # noqa: PLR0911
    match event:
        case e.ProcessStarted():
            return f"process {event.pid} of {event.component} started"
        case e.ProcessExited():
            return f"process {event.pid} of {event.component} ended with code {event.code}"
        case e.TaskChanged():
            return f"task {event.task} of {event.revision} is {event.state}: {event.reason}"
        case e.DeploymentChanged():
            return f"deployment of {event.revision} {event.state}: {event.reason}"
        case e.BalancerCreated():
            return f"load balancer {event.name} created at {event.address}"
        case e.BalancerRemoved():
            return f"load balancer {event.name} at {event.address} is gone"
        case e.RecordChanged():
            previous = f", no longer to {event.previous}" if event.previous else ""
            return f"DNS: {event.name} leads to {event.address}{previous}"
    return ""


def _of_telemetry(event: e.Event) -> str:
    match event:
        case e.MetricsReceived():
            return f"{event.source} pushed {count(event.samples, 'sample')}, newest of {clock(event.newest)}"
        case e.LogsReceived():
            return f"{event.source} pushed {count(event.lines, 'log line')}, newest of {clock(event.newest)}"
        case e.WebhookAnswered():
            said = f"answered {event.status}" if event.status else f"did not answer: {event.trouble}"
            return f"the webhook of {event.receiver} at {event.url} {said}"
        case e.MetricsMapped():
            return f"metrics were taken for what they seem to be: {'; '.join(event.assignments)}"
        case e.TelemetryRejected():
            return f"a push to {event.endpoint} was refused with {event.status}: {event.reason}"
    return ""


def _of_people(event: e.Event) -> str:  # noqa: PLR0911
    match event:
        case e.AlertChanged():
            value = "" if event.value is None else f", value {event.value:g}"
            return f"alert {event.rule}: {event.previous} to {event.state}, for {event.reason}{value}"
        case e.NotificationSent():
            return f"{event.receiver} told that {group_words(event.group)} is {event.status}: {listed(event.alerts)}"
        case e.PageSent():
            return f"{event.responder} paged by {event.channel} at level {event.level} about {group_words(event.page)}"
        case e.PageIgnored():
            return f"{event.responder} left the page about {group_words(event.page)}: {event.reason}"
        case e.PageAcknowledged():
            return f"{event.responder} took the page about {group_words(event.page)}"
        case e.PageResolved():
            return f"the page about {group_words(event.page)} ended"
        case e.RemedyPerformed():
            return f"{event.by}: {event.remedy}: {event.did}"
        case e.DiagnosisMade():
            return f"{event.by} found {event.layer}: {event.finding} ({'; '.join(event.evidence) or 'no evidence'})"
    return ""


def _of_game_days(event: e.Event) -> str:
    match event:
        case e.ParticipantJoined():
            return f"{event.by} joined as {event.role}"
        case e.NoteTaken():
            return f"{event.by} {'hinted' if event.is_hint else 'noted'}: {event.text}"
        case e.ToolUsed():
            return f"{event.by} looked at {event.tool}"
        case e.PanelsRead():
            return f"the dashboards showed {count(len(event.values), 'panel')}"
        case e.PaceChanged():
            return f"{event.by} let time {f'go at speed {event.speed:g}' if event.speed else 'stand still'}"
    return ""
