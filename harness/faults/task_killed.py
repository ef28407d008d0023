"""A task of the service dies in the middle of its work."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import ClassVar

from harness.events import Event, FaultApplied, ProcessExited
from harness.faults.fault import Command, KillTask
from harness.faults.task_fault import TaskFault


@dataclass(frozen=True, slots=True)
class TaskKilled(TaskFault):
    """Kill the longest-lived task of the service with SIGKILL; the orchestrator has to notice and replace it.

    It is over once the orchestrator has, whether or not anybody heals it.

    Evidence: a process that ended by signal 9, and not on request.
    """

    name: ClassVar[str] = "task_killed"
    target: ClassVar[str] = "service"
    sees: ClassVar[str] = "requests under way break off, then “503” until another task has passed its health checks"
    troubles: ClassVar[tuple[()]] = ()

    def apply(self) -> tuple[Command, ...]:
        return (KillTask(),)

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:  # noqa: ARG002 - whoever dies like this
        if isinstance(event, ProcessExited) and not event.expected and event.code == -signal.SIGKILL:
            return f"{event.component} (process {event.pid}) was killed"
        return None
