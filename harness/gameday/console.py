"""What the console's tools say, in the shape in which an engineer knows them: plain text of what is described.

Pure: a description goes in, text comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from harness.ingress.description import Description
from harness.telemetry.pushes import LogLine

STACK_EVENTS = 25
LOG_LINES = 40


def load_balancers(console: Description) -> str:
    """Say which load balancers exist; one that was removed is not listed, as in a real console."""
    there = [each for each in console.balancers if each.exists]
    return (
        "\n".join(f"{each.name}  {each.address or 'no address yet'}  {each.state}" for each in there)
        or "there are no load balancers"
    )


def records(console: Description) -> str:
    """Say what DNS holds."""
    lines = [f"{each.name}  {each.ttl_seconds:g}  IN  A  {each.address}" for each in console.records]
    return "\n".join(lines) or "there are no records"


def services(console: Description) -> str:
    """Say how the service is deployed, and where its tasks are in their lives."""
    deployment = console.deployment
    head = f"cluster {console.cluster}, service {console.service}"
    wanted = "no deployment"
    if deployment:
        wanted = f"deployment of {deployment.revision}: {deployment.state} ({deployment.reason})"
    tasks = [f"  {task.name}  {task.revision}  {task.state}: {task.reason}" for task in console.tasks[-8:]]
    return "\n".join([head, wanted, *tasks])


def target_health(console: Description) -> str:
    """Say what the health checks say."""
    lines = [f"{each.task}  {each.address}  {each.health}: {each.reason}" for each in console.targets]
    return "\n".join(lines) or "there are no targets"


def task_definitions(console: Description) -> str:
    """Say which task definitions are registered, and why."""
    return "\n".join(f"{each.name}  {each.pushed}  {each.note}" for each in console.definitions) or "there are none"


def stack_events(console: Description, *, incident: Callable[[float], datetime]) -> str:
    """Give the audit trail, the newest last.

    Args:
        console: what it shows.
        incident: incident time of a steady instant.
    """
    lines = [
        f"{incident(each.steady):%H:%M:%S}  {each.resource}: {each.what}" for each in console.trail[-STACK_EVENTS:]
    ]
    return "\n".join(lines) or "nothing was done so far"


DESCRIBE: Mapping[str, Callable[[Description], str]] = {
    "describe load balancers": load_balancers,
    "list DNS records": records,
    "describe services": services,
    "describe target health": target_health,
    "list task definitions": task_definitions,
}
"""What the console shows of this moment, by the name of the command; `stack_events` tells of the time before."""


def holding(lines: Iterable[LogLine], text: str) -> list[LogLine]:
    """Find the log lines that hold every word of a text, in whatever case."""
    words = text.casefold().split()
    return [line for line in lines if all(word in line.line.casefold() for word in words)]


def logs(found: Sequence[LogLine], *, incident: Callable[[float], datetime]) -> str:
    """Give the newest of the log lines that were found, the newest last, and how many there are.

    Args:
        found: oldest first.
        incident: incident time of a steady instant.
    """
    if not found:
        return "no line holds that"
    head = f"{len(found)} lines" + (f", the newest {LOG_LINES}:" if len(found) > LOG_LINES else ":")
    return "\n".join([head, *(f"{incident(line.at):%H:%M:%S}  {line.line}" for line in found[-LOG_LINES:])])
