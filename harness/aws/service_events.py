"""What happened to the service, in the sentences in which ECS tells it: `aws ecs describe-services` shows them.

Rules of this file: a sentence for each change of a task or of a deployment that the history holds, and none beside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from harness.events import DeploymentChanged, Event, TaskChanged

KEPT = 100
"""How many events ECS shows of a service."""

_OF_A_TASK: Mapping[str, Callable[[TaskChanged], str]] = {
    "starting": lambda task: f"has started 1 tasks: (task {task.task})",
    "healthy": lambda task: f"registered 1 targets in its target group: (task {task.task})",
    "unhealthy": lambda task: f"(task {task.task}) is unhealthy in its target group due to (reason {task.reason})",
    "draining": lambda task: f"has begun draining connections on 1 tasks: (task {task.task})",
    "stopped": lambda task: f"has stopped 1 running tasks: (task {task.task}), because it {_clause(task.reason)}",
}

_OF_A_DEPLOYMENT: Mapping[str, Callable[[DeploymentChanged], str]] = {
    "in progress": lambda deployment: f"began to deploy {deployment.revision}: {deployment.reason}",
    "completed": lambda _: "has reached a steady state",
    "failed": lambda deployment: f"(deployment of {deployment.revision}) deployment failed: {deployment.reason}",
}


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """A line that ECS shows of a service."""

    number: int
    """From 1 up."""
    at: datetime
    """Incident time."""
    what: str
    """What happened, without the service's name before it."""


class ServiceEvents:
    """The lines of one service, gathered as its events happen."""

    def __init__(self) -> None:
        self._heard = 0
        self._kept: tuple[ServiceEvent, ...] = ()

    def hear(self, event: Event) -> None:
        """Take note of an event; most are none of the service's."""
        what = _sentence(event)
        if what:
            self._heard += 1
            self._kept = (*self._kept, ServiceEvent(self._heard, event.at, what))[-KEPT:]

    @property
    def kept(self) -> tuple[ServiceEvent, ...]:
        """The newest of them, oldest first."""
        return self._kept


def _sentence(event: Event) -> str:
    if isinstance(event, TaskChanged) and event.state in _OF_A_TASK:
        return _OF_A_TASK[event.state](event)
    if isinstance(event, DeploymentChanged):
        return _OF_A_DEPLOYMENT[event.state](event)
    return ""


def _clause(reason: str) -> str:
    return reason if reason.startswith(("failed", "did not", "exited")) else f"was told to: {reason}"
