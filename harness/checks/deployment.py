"""What a remedy did to the deployment, and whether it helped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from harness.checks.check import check
from harness.checks.result import Answer, Verdict
from harness.checks.traffic import Tally, service_requests, whole
from harness.checks.window import ON_TIME, lived
from harness.checks.wording import count
from harness.durations import duration, spoken
from harness.events import DeploymentChanged, Event, ProcessExited, ProcessStarted, RemedyPerformed, TaskChanged
from harness.history import History

Kind = TypeVar("Kind", bound=Event)


@check("“{remedy}” at {at} has no effect until {until}")
def remedy_has_no_effect(history: History, remedy: str, at: datetime, until: datetime) -> Answer:
    """It is really performed, tasks are really started and really stopped again, and still nothing succeeds.

    Args:
        history: what happened.
        remedy: its name.
        at: when it is due; what happens to tasks counts from here on, for a remedy is recorded once it is done.
        until: the end of the time in which it might have helped.
    """
    since = at - ON_TIME
    performed = history.first(RemedyPerformed, lambda one: one.remedy == remedy and since <= one.at < until)
    if performed is None:
        return Verdict.UNKNOWN.because("it was not performed")
    requests = whole(service_requests(history), performed.at, until)
    succeeded = [request for request in requests if request.outcome == "ok"]
    if succeeded:
        detail = f"{succeeded[0].operation} succeeded at {succeeded[0].at:%H:%M:%S}: it may well have helped"
        return Verdict.FAILED.because(detail, succeeded)
    tally = Tally.of(requests)
    if not tally.failed:
        return Verdict.UNKNOWN.because(f"{tally} after it: nobody can tell whether it helped", (performed,))
    started, stopped = restarted_tasks(history, since, until)
    if not stopped:
        verb = "stopped again" if started else "started"
        return Verdict.FAILED.because(f"it was performed, and no task was {verb}: it changed nothing", (performed,))
    gone = stopped_processes(history, since, until)
    if gone is not None and not gone:
        detail = f"{count(len(stopped), 'task')} came and went, and no process started and ended with them"
        return Verdict.FAILED.because(detail, (performed, *stopped))
    detail = f"{tally} after it; {count(len(started), 'task')} started, {len(stopped)} stopped again"
    return Verdict.PASSED.because(detail, (performed, started[0], stopped[-1], *(gone or ())[:1], requests[-1]))


@check("the deployment at {at} completes within {within}")
def deployment_completes(history: History, at: datetime, within: str | timedelta) -> Answer:
    """A new revision is rolled out: new tasks become healthy, and the old ones are gone."""
    until = at + duration(within)
    changes = in_window(history.of(DeploymentChanged), at - ON_TIME, until)
    began = next((change for change in changes if change.state == "in progress"), None)
    if began is None:
        said = "no deployment began" if lived(history, at, until) else "the run did not go through that time"
        return Verdict.UNKNOWN.because(said)
    ended = next(
        (change for change in changes if change.revision == began.revision and change.state != "in progress"), None
    )
    if ended is None:
        return Verdict.FAILED.because(f"{began.revision} was still in progress", (began,))
    said = f"{ended.revision} {ended.state} {spoken(ended.at - began.at)} after it began: {ended.reason}"
    return (Verdict.PASSED if ended.state == "completed" else Verdict.FAILED).because(said, (began, ended))


def restarted_tasks(
    history: History, since: datetime, until: datetime
) -> tuple[tuple[TaskChanged, ...], tuple[TaskChanged, ...]]:
    """Give the starts of a window's new tasks, and the stops of those among them that were stopped again."""
    changes = in_window(history.of(TaskChanged), since, until)
    started = tuple(change for change in changes if change.state == "starting")
    new = {change.task for change in started}
    return started, tuple(change for change in changes if change.state == "stopped" and change.task in new)


def stopped_processes(history: History, since: datetime, until: datetime) -> tuple[ProcessExited, ...] | None:
    """Give the ends of processes that began in a window too; None where a stack runs no processes at all."""
    starts = history.of(ProcessStarted)
    if not starts:
        return None
    new = {start.pid for start in in_window(starts, since, until)}
    return tuple(end for end in in_window(history.of(ProcessExited), since, until) if end.pid in new)


def in_window(events: Sequence[Kind], since: datetime, until: datetime) -> tuple[Kind, ...]:
    """Give the events of a window, `since` included and `until` not."""
    return tuple(event for event in events if since <= event.at < until)
